//! The picture as an SVG: one row for each file, with its fill level and its rules; below, PINs with
//! their tries and keys.
//!
//! Self-contained, the same bytes for the same card, readable on light and dark pages. Widths of
//! texts are estimated, so long ones are cut; the whole text is in the row's title.

use std::fmt::Write as _;

use super::super::simulator::MASTER_FILE_SIZE;
use super::{KeyNode, Node, Picture, PinNode};

const WIDTH: usize = 1040;
const MARGIN: usize = 28;
const ROW: usize = 34;
const LINE: usize = 18;
const INDENT: usize = 26;
/// Where the columns begin.
const ID: usize = 440;
const LEVEL: usize = 508;
const RULES: usize = 690;
const LEVEL_WIDTH: usize = 150;
/// Width of a panel of PINs or keys.
const PANEL: usize = (WIDTH - 2 * MARGIN - 20) / 2;

const STYLE: &str = "\
:root{--page:#fbfaf7;--card:#fff;--line:#d8d3c7;--ink:#24211c;--soft:#716b60;--fill:#3f7d8c;\
--empty:#e9e5db;--free:#2f7d4f;--pin:#a8640b;--none:#a33a3a;--head:#1f4e5a;--headink:#fff}\
@media(prefers-color-scheme:dark){:root{--page:#17181a;--card:#202225;--line:#3a3d42;--ink:#e8e6e1;\
--soft:#9d9a93;--fill:#62b0c2;--empty:#34373c;--free:#6cc28e;--pin:#e3a64e;--none:#e07f7f;\
--head:#173c46;--headink:#eef6f8}}\
text{font:13px ui-sans-serif,system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;fill:var(--ink)}\
.mono{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}\
.soft{fill:var(--soft);font-size:12px}.strong{font-weight:600}\
.page{fill:var(--page)}.card{fill:var(--card);stroke:var(--line)}\
.branch{fill:none;stroke:var(--line);stroke-width:1.5}.folder{fill:var(--fill)}\
.file{fill:var(--card);stroke:var(--fill);stroke-width:1.5}\
.empty{fill:var(--empty)}.level{fill:var(--fill)}\
.free{fill:var(--free)}.pin{fill:var(--pin)}.none{fill:var(--none)}\
.left{fill:var(--free)}.lost{fill:var(--empty)}\
.head{fill:var(--head)}.headink{fill:var(--headink)}.title{font-size:19px;font-weight:600}\
.chip{fill:var(--headink)}";

impl Picture {
    /// The picture as SVG 1.1.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut drawing = Drawing::new(MARGIN);
        drawing.head(self);
        drawing.row(&self.root, 0);
        drawing.y += 14;
        let top = drawing.y;
        let pins = drawing.panel(MARGIN, top, "PINs", &self.pins, Drawing::pin);
        let keys = drawing.panel(MARGIN + PANEL + 20, top, "Keys", &self.keys, Drawing::key);
        drawing.finish(pins.max(keys))
    }
}

/// What is drawn so far, and where the next row goes.
struct Drawing {
    body: String,
    y: usize,
}

impl Drawing {
    fn new(y: usize) -> Self {
        let body = String::new();
        Self { body, y }
    }

    fn finish(self, bottom: usize) -> String {
        let height = bottom + MARGIN;
        let body = self.body;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<style>{STYLE}</style>\n\
             <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\" rx=\"14\"/>\n{body}</svg>\n"
        )
    }

    fn text(&mut self, x: usize, y: usize, class: &str, text: &str) {
        let text = escaped(text);
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>"
        );
    }

    fn bar(&mut self, x: usize, y: usize, width: usize, class: &str) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"6\" rx=\"3\" class=\"{class}\"/>"
        );
    }

    /// What the card is, like the front of one.
    fn head(&mut self, picture: &Picture) {
        const HEIGHT: usize = 92;
        let (x, y) = (MARGIN, self.y);
        let width = WIDTH - 2 * MARGIN;
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"12\" \
             class=\"head\"/>\n<path class=\"chip\" opacity=\"0.85\" d=\"M{} {}h40v30h-40z\
             m0 10h13m14 0h13m-40 10h13m14 0h13m-27 -20v30m14 -30v30\" fill-rule=\"evenodd\"/>\n\
             <path d=\"M{} {}h13m14 0h13m-40 10h13m14 0h13m-27 -20v30m14 -30v30\" fill=\"none\" \
             stroke=\"var(--head)\" stroke-width=\"1.5\"/>",
            x + 24,
            y + 31,
            x + 24,
            y + 41,
        );
        let left = x + 88;
        let title = format!("{} card {}", picture.personality, picture.serial);
        self.text(left, y + 40, "headink title", &cut(&title, 60));
        let rules = if picture.enforced {
            "access rules hold"
        } else {
            "access rules do not hold yet"
        };
        let line = format!("{}, {rules}, {}", picture.life_cycle, picture.erasure());
        self.text(left, y + 64, "headink", &line);
        let (used, all) = picture.memory;
        let right = WIDTH - MARGIN - 24 - LEVEL_WIDTH;
        self.text(right, y + 40, "headink", &format!("{used} of {all} bytes"));
        let full = share(used, all);
        let _ = writeln!(
            self.body,
            "<rect x=\"{right}\" y=\"{}\" width=\"{LEVEL_WIDTH}\" height=\"8\" rx=\"4\" \
             class=\"chip\" opacity=\"0.25\"/>\n<rect x=\"{right}\" y=\"{}\" width=\"{full}\" \
             height=\"8\" rx=\"4\" class=\"chip\"/>",
            y + 54,
            y + 54
        );
        self.y += HEIGHT + 18;
    }

    /// A file and all below it; returns where its branch joins.
    fn row(&mut self, node: &Node, depth: usize) -> usize {
        let x = MARGIN + 6 + depth * INDENT;
        let middle = self.y + ROW / 2;
        self.icon(node, x, middle);
        self.name(node, x + 24, middle + 5);
        self.text(ID, middle + 5, "mono soft", &node.id);
        self.level(node, middle);
        self.rules(node, middle + 4);
        self.y += ROW;
        for object in &node.objects {
            let room = (WIDTH - MARGIN - x - 30) / 6;
            self.text(
                x + 26,
                self.y + 9,
                "soft",
                &format!("· {}", cut(object, room)),
            );
            self.y += LINE;
        }
        let trunk = x + 8;
        let mut end = middle;
        for file in &node.files {
            let joins = self.row(file, depth + 1);
            let _ = writeln!(
                self.body,
                "<path class=\"branch\" d=\"M{trunk} {joins}h{}\"/>",
                INDENT - 11
            );
            end = joins;
        }
        if end > middle {
            let top = middle + 10;
            let _ = writeln!(
                self.body,
                "<path class=\"branch\" d=\"M{trunk} {top}V{end}\"/>"
            );
        }
        middle
    }

    fn icon(&mut self, node: &Node, x: usize, middle: usize) {
        let _ = match node.directory {
            true => writeln!(
                self.body,
                "<path class=\"folder\" d=\"M{x} {}h6l2 3h8v11h-16z\"/>",
                middle - 7
            ),
            false => writeln!(
                self.body,
                "<path class=\"file\" d=\"M{} {}h8l4 4v10h-12z\"/>",
                x + 2,
                middle - 7
            ),
        };
    }

    fn name(&mut self, node: &Node, x: usize, y: usize) {
        let room = (ID - x - 6) / 7;
        let declared = node.declared.as_deref().unwrap_or_default();
        let gap = if declared.is_empty() { "" } else { "  " };
        let name = cut(&node.name, room.saturating_sub(declared.len() + 2).max(8));
        let class = if node.directory { "strong" } else { "" };
        let whole = [
            node.name.as_str(),
            declared,
            &node.aid.clone().unwrap_or_default(),
        ];
        let whole = whole.join(" ");
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" xml:space=\"preserve\">\
             <title>{}</title>{}<tspan class=\"soft mono\">{gap}{}</tspan></text>",
            escaped(whole.trim()),
            escaped(&name),
            escaped(declared),
        );
    }

    /// How full a file is, or what is reserved for a directory.
    fn level(&mut self, node: &Node, middle: usize) {
        let size = node.size;
        if node.directory {
            if !matches!(size, 0 | MASTER_FILE_SIZE) {
                let text = format!("{size} bytes reserved");
                self.text(LEVEL, middle + 5, "soft", &text);
            }
            return;
        }
        let text = format!("{} of {size} bytes", node.used);
        self.text(LEVEL, middle, "soft", &text);
        self.bar(LEVEL, middle + 6, LEVEL_WIDTH, "empty");
        let full = share(node.used as u64, size.into());
        if full > 0 {
            self.bar(LEVEL, middle + 6, full, "level");
        }
    }

    fn rules(&mut self, node: &Node, y: usize) {
        let mut spans = String::new();
        let mut room = (WIDTH - MARGIN - RULES) / 7;
        for (operation, condition) in &node.rules {
            let length = operation.len() + condition.chars().count() + 3;
            if room < length {
                spans.push_str("<tspan class=\"soft\">…</tspan>");
                break;
            }
            room -= length;
            let _ = write!(
                spans,
                "<tspan class=\"soft\">{operation} </tspan><tspan class=\"{}\">{}</tspan>\
                 <tspan>  </tspan>",
                colour(condition),
                escaped(condition)
            );
        }
        if node.rules.is_empty() {
            spans.push_str("<tspan class=\"none\">no access</tspan>");
        }
        let all: Vec<_> = node
            .rules
            .iter()
            .map(|(operation, condition)| format!("{operation} {condition}"))
            .collect();
        let state = node
            .life_cycle
            .map(|it| format!("{it}: "))
            .unwrap_or_default();
        let title = escaped(&format!("{state}{}", all.join(", ")));
        let _ = writeln!(
            self.body,
            "<text x=\"{RULES}\" y=\"{y}\" xml:space=\"preserve\"><title>{title}</title>{spans}</text>"
        );
    }

    /// A titled list; returns its lower edge.
    fn panel<T>(
        &mut self,
        x: usize,
        y: usize,
        title: &str,
        entries: &[T],
        draw: impl Fn(&mut Self, &T, usize, usize),
    ) -> usize {
        if entries.is_empty() {
            return y;
        }
        let height = 40 + entries.len() * 44;
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{PANEL}\" height=\"{height}\" rx=\"10\" \
             class=\"card\"/>"
        );
        self.text(x + 16, y + 26, "strong", title);
        for (index, entry) in entries.iter().enumerate() {
            draw(self, entry, x + 16, y + 54 + index * 44);
        }
        y + height
    }

    fn pin(&mut self, pin: &PinNode, x: usize, y: usize) {
        self.text(x, y, "mono soft", &format!("#{}", pin.number));
        let name = pin.label.as_deref().unwrap_or("PIN");
        self.text(x + 32, y, "", &cut(name, 36));
        let (left, tries) = pin.tries;
        for number in 0..tries {
            let class = if pin.set && number < left {
                "left"
            } else {
                "lost"
            };
            let _ = writeln!(
                self.body,
                "<circle cx=\"{}\" cy=\"{}\" r=\"5\" class=\"{class}\"/>",
                x + PANEL - 44 - usize::from(tries - 1 - number) * 15,
                y - 4
            );
        }
        let (min, max) = pin.lengths;
        let state = match (pin.set, left) {
            (false, _) => "no value, ",
            (true, 0) => "blocked, ",
            (true, _) => "",
        };
        let by = pin.unblocked_by.map(|it| format!(", unblocked by #{it}"));
        let line = format!("{state}{min} to {max} bytes{}", by.unwrap_or_default());
        self.text(x + 32, y + 18, "soft", &line);
    }

    fn key(&mut self, key: &KeyNode, x: usize, y: usize) {
        self.text(x, y, "mono soft", &key.number.to_string());
        let name = key.label.as_deref().unwrap_or("key");
        let state = if key.set { "" } else { ", not generated" };
        self.text(x + 32, y, "", &cut(name, 36));
        self.text(x + PANEL - 130, y, "mono", &format!("{}{state}", key.kind));
        let line = format!(
            "{}: {}, generate: {}",
            key.uses.join(" and "),
            key.access,
            key.generation
        );
        self.text(x + 32, y + 18, "soft", &cut(&line, 64));
    }
}

/// Green for everybody, amber for the holder of a PIN, red for nobody.
fn colour(condition: &str) -> &'static str {
    match condition {
        "always" => "free",
        "never" => "none",
        _ => "pin",
    }
}

/// The part of the level's width that `used` of `all` take; something is never drawn as nothing.
fn share(used: u64, all: u64) -> usize {
    let width = LEVEL_WIDTH as u64;
    let part = (used.min(all) * width).checked_div(all).unwrap_or(0);
    let least = if used > 0 { 6 } else { 0 };
    usize::try_from(part.max(least)).unwrap_or(LEVEL_WIDTH)
}

/// The first characters, with a mark where others were left out.
fn cut(text: &str, characters: usize) -> String {
    match text.chars().count() > characters {
        true => text
            .chars()
            .take(characters.saturating_sub(1))
            .chain(['…'])
            .collect(),
        false => text.to_owned(),
    }
}

/// Text for XML 1.0, which has no control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ if character.is_control() || matches!(character, '\u{FFFE}' | '\u{FFFF}') => {
                out.push('\u{FFFD}');
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_escaped() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(
            escaped("<\"a\"&\u{0}>"),
            "&lt;&quot;a&quot;&amp;\u{FFFD}&gt;"
        );
    }

    #[test]
    fn a_little_is_seen_and_nothing_is_not() {
        assert_eq!(share(0, 0), 0);
        assert_eq!(share(0, 10), 0);
        assert_eq!(share(1, 100_000), 6);
        assert_eq!(share(10, 10), LEVEL_WIDTH);
    }
}
