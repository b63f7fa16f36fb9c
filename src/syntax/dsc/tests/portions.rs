//! Where a text may be cut.

use super::super::portion::portions;

fn cuts(text: &str) -> Vec<usize> {
    portions(text).map(str::len).collect()
}

#[test]
fn sections_begin_portions() {
    let section = format!("[A]\n{}", "# a comment of some length\n".repeat(300));
    assert_eq!(cuts(&section.repeat(3)), [section.len(); 3]);
    assert_eq!(cuts(""), [0; 0]);
    assert_eq!(cuts("[A]\n[B]\n"), [8], "small sections go together");
}

#[test]
fn an_indented_header_begins_a_portion_and_text_with_brackets_does_not() {
    let filler = "# a comment of some length\n".repeat(300);
    assert_eq!(cuts(&format!("{filler} \t[A]")), [filler.len(), 5]);
    assert_eq!(cuts(&format!("{filler}A=[A]")), [filler.len() + 5]);
}

#[test]
fn long_sections_are_cut_at_line_ends_of_any_kind() {
    for end in ["\n", "\r", "\r\n"] {
        let line = format!("PIN=PIN_FIELD{end}");
        let text = line.repeat(20_000);
        let parts: Vec<_> = portions(&text).collect();
        assert!(parts.len() > 2);
        assert!(parts.iter().all(|part| part.len() % line.len() == 0));
        assert_eq!(parts.concat(), text);
    }
}

#[test]
fn an_endless_line_stays_whole() {
    let line = "x".repeat(1 << 20);
    assert_eq!(cuts(&line), [line.len()]);
}
