//! Forms of our own, read as files are.

use schemars::JsonSchema;
use serde::Deserialize;

use super::*;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Form {
    /// How long, in seconds.
    length: Key<Seconds>,
    names: Key<List<String>>,
    inner: Key<Table<Inner>>,
    others: Key<Entries<bool>>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Inner {
    flag: Key<bool>,
}

#[derive(JsonSchema)]
#[schemars(inline, transparent)]
struct Seconds(u32);

impl Written for Seconds {
    const WANTED: &'static str = "a number of seconds";

    fn number(number: i128) -> Result<Self, Wrong> {
        let seconds = u32::try_from(number).map(Self);
        seconds.map_err(|_| Wrong::said("too long", "be brief"))
    }
}

/// What is read, as far as it can be, and every defect as `text: message`.
fn told(text: &str) -> (Option<Table<Form>>, Vec<String>) {
    let (form, mut document) = read::<Form>(text);
    let mut again = read::<Form>(text)
        .0
        .map(|form| form.keys)
        .unwrap_or_default();
    document.take(std::mem::take(&mut again.length));
    if let Some((List(names), _)) = document.take(again.names) {
        for name in names {
            document.right(name);
        }
    }
    if let Some((inner, _)) = document.take(again.inner) {
        document.take(inner.keys.flag);
    }
    if let Some((Entries(others), _)) = document.take(again.others) {
        for (_, other) in others {
            document.right(other);
        }
    }
    let defects = document.defects().into_iter();
    let told = defects.map(|defect| {
        let place = text.get(defect.at.clone()).unwrap_or_default();
        format!("{place}: {}", defect.message)
    });
    (form, told.collect())
}

#[test]
fn every_wrong_value_is_told_and_the_right_ones_are_read() {
    let text = "length = 'x'\nnames = ['a', 1, [2]]\ninner.flag = 2026-01-01\n\
                [others]\nb = true\na = 1.5\n";
    let (form, told) = told(text);
    assert_eq!(
        told,
        [
            "'x': `length` must be a number of seconds",
            "1: `names` must be text in quotes",
            "[2]: `names` must be text in quotes",
            "2026-01-01: `flag` must be `true` or `false`",
            "1.5: `a` must be `true` or `false`",
        ]
    );
    let others = form.unwrap().keys.others.0.unwrap().value.ok().unwrap();
    let names: Vec<_> = others
        .0
        .iter()
        .map(|(name, _)| name.text.as_str())
        .collect();
    assert_eq!(names, ["b", "a"]);
}

#[test]
fn a_date_is_no_table_and_a_table_no_text() {
    let (_, first) = told("inner = 2026-01-01\nothers = 10:00:00\n");
    assert_eq!(
        first,
        [
            "2026-01-01: `inner` must be a table",
            "10:00:00: `others` must be a table"
        ]
    );
    let (_, second) = told("length = {}\nnames = { a = 1 }\n[[inner]]\n");
    assert_eq!(second.len(), 3, "{second:?}");
}

#[test]
fn names_that_a_table_does_not_have_are_kept() {
    let text = "lenght = 1\n[inner]\nflag = true\nflags = { deep = [1] }\n";
    let (form, told) = told(text);
    assert_eq!(told, [""; 0]);
    let form = form.unwrap();
    assert_eq!(form.unknown[0].free, ["length", "names", "others"]);
    let inner = form.keys.inner.0.unwrap().value.ok().unwrap();
    assert_eq!(inner.unknown[0].name.text, "flags");
    assert_eq!(&text[inner.unknown[0].name.at.clone()], "flags");
    assert_eq!(inner.keys.flag.0.unwrap().value, Ok(true));
}

#[test]
fn a_value_may_say_nothing() {
    assert_eq!(told("length = -1").1, ["-1: too long"]);
    let length = read::<Form>("length = 7").0.unwrap().keys.length.0.unwrap();
    assert_eq!(length.value.map(|seconds| seconds.0), Ok(7));
    let huge = "length = 170141183460469231731687303715884105728";
    assert_eq!(told(huge).1.len(), 1);
}

#[test]
fn what_is_no_toml_is_told() {
    for text in ["[", "a = ", "a = 1\na = 2\n", "\0", &"[".repeat(100_000)] {
        let (form, told) = told(text);
        assert!(form.is_none());
        assert!(told[0].contains("this is no TOML: "), "{told:?}");
    }
}

/// Twice as many wrong values take no more than about twice the time.
#[test]
fn many_wrong_values_are_told_in_one_go() {
    let text: String = (0..50_000)
        .map(|number| format!("n{number} = 1\n"))
        .collect();
    let (_, told) = told(&format!("[others]\n{text}"));
    assert_eq!(told.len(), 50_000);
}

#[test]
fn the_schema_is_that_of_the_form() {
    let schema = schema::<Form>();
    assert_eq!(
        schema["properties"]["length"]["description"],
        "How long, in seconds."
    );
    assert_eq!(schema["properties"]["length"]["type"], "integer");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        schema["definitions"]["Inner"]["additionalProperties"],
        false
    );
    assert_eq!(
        schema["properties"]["others"]["additionalProperties"]["type"],
        "boolean"
    );
}
