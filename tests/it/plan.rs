//! `perso compile` and `perso plan`, as a build pipeline calls them.

use std::path::Path;

use assert_cmd::Command;

const DESCRIPTION: &str = include_str!("../../src/lower/tests/personal.dsc");
const PROFILE: &str = include_str!("../../src/lower/tests/lab.cpf");

fn perso(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("perso")
        .expect("the program")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it runs")
}

fn project(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("card.dsc"), DESCRIPTION).expect("a description");
    std::fs::write(folder.join("lab.cpf"), PROFILE).expect("a profile");
}

#[test]
fn plans_do_not_tell_where_they_were_made() {
    let place = tempfile::tempdir().expect("a folder");
    let (one, two) = (place.path().join("one"), place.path().join("two/deeper"));
    project(&one);
    project(&two);
    let first = perso(&one, &["compile", "card.dsc"]);
    let second = perso(place.path(), &["compile", "two/deeper/card.dsc"]);
    let told = String::from_utf8_lossy(&first.stderr);
    assert_eq!(first.status.code(), Some(0), "{told}");
    assert!(!first.stdout.is_empty());
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn verify_tells_a_changed_profile() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    project(folder);
    let made = perso(folder, &["compile", "card.dsc", "-o", "card.plan.json"]);
    assert_eq!(
        made.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let data = std::fs::metadata(folder.join("card.plan.json")).expect("the plan");
        assert_eq!(data.permissions().mode() & 0o777, 0o600);
    }
    let verify = ["plan", "verify", "card.plan.json", "--against", "card.dsc"];
    assert_eq!(perso(folder, &verify).status.code(), Some(0));
    let changed = PROFILE.replace("read=always", "read=PIN1");
    std::fs::write(folder.join("lab.cpf"), changed).expect("a profile");
    let refused = perso(folder, &verify);
    let told = String::from_utf8_lossy(&refused.stdout);
    assert_eq!(refused.status.code(), Some(1));
    assert!(told.contains("profile.create.EFODF access read"), "{told}");
}

#[test]
fn a_changed_plan_is_not_trusted() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    project(folder);
    perso(folder, &["compile", "card.dsc", "-o", "card.plan.json"]);
    let text = std::fs::read_to_string(folder.join("card.plan.json")).expect("the plan");
    let text = text.replace("22000", "21000");
    std::fs::write(folder.join("card.plan.json"), text).expect("a plan");
    let shown = perso(folder, &["plan", "show", "card.plan.json"]);
    assert_eq!(shown.status.code(), Some(2));
    let told = String::from_utf8_lossy(&shown.stderr);
    assert!(told.contains("changed after it was compiled"), "{told}");
}

#[test]
fn what_cannot_be_compiled_ends_with_findings() {
    let place = tempfile::tempdir().expect("a folder");
    project(place.path());
    std::fs::remove_file(place.path().join("lab.cpf")).expect("the profile");
    let refused = perso(place.path(), &["compile", "card.dsc"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(!refused.stderr.is_empty());
}

#[test]
fn a_graph_shows_blocks_and_what_feeds_what() {
    let place = tempfile::tempdir().expect("a folder");
    project(place.path());
    let drawn = perso(place.path(), &["plan", "graph", "card.dsc"]);
    let told = String::from_utf8_lossy(&drawn.stdout);
    assert_eq!(drawn.status.code(), Some(0), "{told}");
    assert!(told.starts_with("flowchart TD\nsubgraph s0[\"initialization\"]\n"));
    let node = |id: &str| {
        let line = told
            .lines()
            .find(|line| line.contains(&format!("[\"{id}<br/>")));
        let line = line.unwrap_or_else(|| panic!("{id} in {told}"));
        line.trim().split('[').next().unwrap_or_default().to_owned()
    };
    let (request, obtain) = (node("A.request"), node("A.obtain"));
    assert!(
        told.contains(&format!("{request} -. request .-> {obtain}")),
        "{told}"
    );
    let (blob, file) = (node("profile.encrypt-pins"), node("profile.write.EFBLOB"));
    assert!(
        told.contains(&format!("{blob} -. encrypted PINs .-> {file}")),
        "{told}"
    );
    let opened = told.matches("subgraph ").count();
    assert_eq!(
        opened,
        told.lines().filter(|line| line.trim() == "end").count()
    );
}

#[test]
fn the_image_names_every_operation() {
    let place = tempfile::tempdir().expect("a folder");
    project(place.path());
    let drawn = perso(place.path(), &["plan", "graph", "--svg", "card.dsc"]);
    let told = String::from_utf8_lossy(&drawn.stdout);
    assert_eq!(drawn.status.code(), Some(0), "{told}");
    assert!(told.starts_with("<svg ") && told.ends_with("</svg>\n"));
    for id in ["select-card", "profile.activate", "A.request", "B.pkcs12"] {
        assert!(told.contains(&format!(">{id}</text>")), "{id}");
    }
    assert_eq!(
        told.matches("<text").count(),
        told.matches("</text>").count()
    );
}
