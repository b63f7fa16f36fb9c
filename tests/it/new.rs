//! `perso new`: a starter project that works as it is.

use crate::sandbox::Sandbox;

#[test]
fn a_starter_checks_clean_and_compiles() {
    let sandbox = Sandbox::new();
    let (code, out, err) = sandbox.run(&["new", "card"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let (code, out, err) = sandbox.run(&["check", "--deny-warnings", "card"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("no findings in 3 files"), "{out}");
    let (code, plan, err) = sandbox.run(&["compile", "card/card.dsc"]);
    assert_eq!(code, 0, "{err}");
    assert!(plan.contains("\"name\": \"pkcs15.cpf\""), "{plan}");
    let text = std::fs::read_to_string(sandbox.path("card/README.md")).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("`pkcs15.cpf`"), "{text}");
    let job = std::fs::read_to_string(sandbox.path("card/job.toml")).unwrap();
    let (job, problems) = perso::job::Job::read(&job, &sandbox.path("card"));
    assert!(problems.is_empty());
    assert_eq!(job.token.uri.as_deref(), Some("sim:"));
}

#[test]
fn a_folder_that_is_not_empty_stays_as_it_is() {
    let sandbox = Sandbox::new().file("card/notes.txt", "mine");
    let (code, _, err) = sandbox.run(&["new", "card"]);
    assert_eq!(code, 2);
    assert!(err.contains("the folder `card` is not empty"), "{err}");
    assert_eq!(std::fs::read_dir(sandbox.path("card")).unwrap().count(), 1);
    let (code, _, _) = sandbox.run(&["new", "card/notes.txt"]);
    assert_eq!(code, 2);
    let (code, _, err) = sandbox.run(&["new", "--profile", "pkcs51", "other"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `pkcs15`?"), "{err}");
    assert!(!sandbox.path("other").exists());
}

#[test]
fn an_empty_folder_is_filled() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("here")).unwrap();
    let (code, _, err) = sandbox.run(&["new", "here", "--profile", "<pkcs15.cpf>"]);
    assert_eq!(code, 0, "{err}");
    assert!(sandbox.path("here/card.dsc").is_file());
}

#[test]
fn a_starter_makes_a_simulated_card() {
    let sandbox = Sandbox::new();
    let (code, _, err) = sandbox.run(&["new", "card"]);
    assert_eq!(code, 0, "{err}");
    let output = sandbox
        .perso(&["run", "card/card.dsc", "--job", "card/job.toml"])
        .env("CARD_PIN", "246810")
        .env("CARD_PUK", "13579135")
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.contains("certificate \"Login\""), "{out}");
    assert!(!out.contains("246810") && !out.contains("13579135"));
}
