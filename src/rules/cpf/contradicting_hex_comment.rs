use super::rule;
use crate::model::FileKind;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A comment directly above a `CreateDf` that quotes `0x{…}` bytes which are not the beginning of
    /// its `aid`.
    ///
    /// # Why it matters
    ///
    /// One of the two is wrong, and readers trust the comment.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// ; registered as 0x{F0 44 4F 52}
    /// CreateDf DFDOORS id=0x4D00 maxsize=90 create=PIN1 aid=0x{F0 44 4F 4F 52 53}
    /// EndDF
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// ; registered as 0x{F0 44 4F 4F}
    /// CreateDf DFDOORS id=0x4D00 maxsize=90 create=PIN1 aid=0x{F0 44 4F 4F 52 53}
    /// EndDF
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: which of the two is right is not known.
    ///
    /// # Source
    ///
    /// Ours: the published example (SEED) quotes four bytes of an identifier that has five.
    name: "contradicting-hex-comment",
    family: Family::Cpf,
    level: Level::INFO,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for file in &cx.profile.files {
        let Some((aid, place)) = cx.profile.aid(file).filter(|_| file.kind == FileKind::Df) else {
            continue;
        };
        let word = cx.profile.tree.statement(file.statement).word();
        for (bytes, span) in comments_above(cx, word).flat_map(|comment| quoted(cx, comment)) {
            if !aid.starts_with(&bytes) {
                findings
                    .report(
                        format!(
                            "a comment quotes another `aid` than `{}` has",
                            excerpt(file.name)
                        ),
                        cx.label(span, "not the beginning of the `aid`"),
                    )
                    .because(cx.label(place, "the `aid`"))
                    .help("correct the comment, or the `aid`");
            }
        }
    }
}

/// The comments on the lines right above a place, the nearest first; each stands on its own line.
fn comments_above(cx: &ProfileContext<'_>, place: Span) -> impl Iterator<Item = Span> {
    let comments = &cx.profile.tree.comments;
    let behind = comments.partition_point(|comment| comment.start < place.start);
    let mut below = place.start;
    comments[..behind]
        .iter()
        .rev()
        .copied()
        .take_while(move |comment| {
            let between = Span::new(comment.end, below);
            let lines = cx.text(between);
            let breaks = lines.replace("\r\n", "\n").matches(['\n', '\r']).count();
            let is_above = lines.trim().is_empty() && breaks == 1;
            below = comment.start;
            is_above
        })
}

/// The bytes that a comment quotes, with their places; quotes that are no bytes are left out.
fn quoted(cx: &ProfileContext<'_>, comment: Span) -> Vec<(Vec<u8>, Span)> {
    let text = cx.text(comment);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("0x{") {
        let inside = &text[at + "0x{".len()..];
        let Some(end) = inside.find('}') else { break };
        let digits: String = inside[..end].split_whitespace().collect();
        if let (Ok(start), Ok(length), Some(bytes)) = (
            u32::try_from(at),
            u32::try_from("0x{".len() + end + "}".len()),
            bytes_of(&digits),
        ) {
            found.push((
                bytes,
                Span::new(start, start + length).shifted(comment.start),
            ));
        }
    }
    found
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let text = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(text, 16).ok()
    };
    (rest.is_empty() && !pairs.is_empty())
        .then(|| pairs.iter().map(byte).collect())
        .flatten()
}
