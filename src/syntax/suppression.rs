//! Comments that speak to perso: `perso: allow(rule) reason`.
//!
//! Only their form is read here; which rules there are, and what a comment silences, is not known.

use super::{cpf::CpfTree, dsc};
use crate::source::{LineIndex, Span};

/// A comment that begins with `perso:`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// The comment, from its `#` or `;` to its last character.
    pub span: Span,
    /// What it says; none when it is not well-formed.
    pub allowed: Option<Allowed>,
    /// What it is about.
    pub reach: Reach,
}

/// What a well-formed comment says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowed {
    /// The names between the brackets, at least one.
    pub rules: Vec<Span>,
    /// Whether words stand behind the brackets.
    pub has_reason: bool,
}

/// What a comment is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Findings that begin in the line of this number (0-based).
    Line(u32),
    /// All findings of the file.
    File,
}

/// The comments of a description that speak to perso.
#[must_use]
pub fn of_description(text: &str, tree: &dsc::DscTree) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut waiting = 0;
    for (number, line) in (0..).zip(&tree.lines) {
        match line.kind {
            dsc::LineKind::Comment => directives.extend(read(text, line.span, Reach::Line(number))),
            dsc::LineKind::Blank | dsc::LineKind::Semicolon => {}
            _ => {
                aim(&mut directives[waiting..], number);
                waiting = directives.len();
            }
        }
    }
    directives
}

/// The comments of a profile that speak to perso.
#[must_use]
pub fn of_profile(text: &str, lines: &LineIndex, tree: &CpfTree) -> Vec<Directive> {
    let mut directives = Vec::new();
    // Comments in a row are about one line: it is looked for once.
    let mut next = 0;
    for comment in &tree.comments {
        let line = lines.line_of(comment.start);
        let before = Span::new(lines.start_of(line), comment.start).of(text);
        let is_alone = before.trim().is_empty();
        if let Some(mut directive) = read(text, *comment, Reach::Line(line)) {
            if is_alone && directive.reach != Reach::File {
                if next <= line {
                    next = line_with_words(text, lines, line + 1);
                }
                directive.reach = Reach::Line(next);
            }
            directives.push(directive);
        }
    }
    directives
}

/// The first line from `line` on that is neither blank nor a comment.
fn line_with_words(text: &str, lines: &LineIndex, mut line: u32) -> u32 {
    while line + 1 < lines.count() {
        let span = Span::new(lines.start_of(line), lines.start_of(line + 1));
        let words = span.of(text).trim_start();
        if !words.is_empty() && !words.starts_with(';') {
            break;
        }
        line += 1;
    }
    line
}

/// The comments wait for a line that says something: it is `number`.
fn aim(waiting: &mut [Directive], number: u32) {
    for directive in waiting {
        if directive.reach != Reach::File {
            directive.reach = Reach::Line(number);
        }
    }
}

/// Reads the comment at `span` if it speaks to perso.
fn read(text: &str, span: Span, reach: Reach) -> Option<Directive> {
    let comment = span.of(text).trim_end();
    let words = comment.trim_start().trim_start_matches(['#', ';']);
    let said = words.trim_start().strip_prefix("perso:")?.trim_start();
    let end = span.start + offset(comment.len());
    let span = Span::new(end - offset(comment.trim_start().len()), end);
    let at_file = said.strip_prefix("allow-file(");
    let names = at_file.or_else(|| said.strip_prefix("allow("));
    let allowed = names.and_then(|names| allowed(names, end));
    let reach = match (at_file, &allowed) {
        (Some(_), Some(_)) => Reach::File,
        _ => reach,
    };
    Some(Directive {
        span,
        allowed,
        reach,
    })
}

/// `a, b) reason`, which ends at `end`.
fn allowed(rest: &str, end: u32) -> Option<Allowed> {
    let (names, reason) = rest.split_once(')')?;
    let mut at = end - offset(rest.len());
    let mut rules = Vec::new();
    for name in names.split(',') {
        let start = at + offset(name.len() - name.trim_start().len());
        rules.push(Span::new(start, start + offset(name.trim().len())));
        at += offset(name.len()) + 1;
    }
    rules.iter().all(|rule| !rule.is_empty()).then(|| Allowed {
        rules,
        has_reason: !reason.trim().is_empty(),
    })
}

/// Sources are limited to what 32 bits can count.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::cpf;

    fn shown(text: &str, directives: &[Directive]) -> Vec<String> {
        directives
            .iter()
            .map(|directive| {
                let reach = match directive.reach {
                    Reach::Line(line) => line.to_string(),
                    Reach::File => "file".to_owned(),
                };
                let Some(allowed) = &directive.allowed else {
                    return format!("{reach}: malformed {}", directive.span.of(text));
                };
                let rules: Vec<_> = allowed.rules.iter().map(|rule| rule.of(text)).collect();
                format!("{reach}: {} {}", rules.join("+"), allowed.has_reason)
            })
            .collect()
    }

    #[test]
    fn comments_of_a_description_are_about_the_next_line_that_says_something() {
        let text = "\
# perso: allow(a)

# about it
# perso: allow( b , c ) for now
X=1
# plain
#perso: allow-file(d)
# perso: allow()
# perso: silence(a)  \r
Y=1
";
        let found = of_description(text, &dsc::parse(text));
        assert_eq!(
            shown(text, &found),
            [
                "4: a false",
                "4: b+c true",
                "file: d false",
                "9: malformed # perso: allow()",
                "9: malformed # perso: silence(a)"
            ]
        );
    }

    #[test]
    fn comments_of_a_profile_are_about_their_own_line_or_the_next() {
        let text =
            "; perso: allow(a) x\n; y\n\nX = 1 ; perso: allow(b)\nY = 2\n; perso: allow-file(c)";
        let lines = LineIndex::new(text);
        let found = of_profile(text, &lines, &cpf::parse(text));
        assert_eq!(
            shown(text, &found),
            ["3: a true", "3: b false", "file: c false"]
        );
    }
}
