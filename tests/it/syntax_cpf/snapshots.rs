//! Trees of telling profiles, beside their source.

use std::fmt::Write;

use perso::source::Span;
use perso::syntax::cpf::{
    Attribute, CpfTree, Expr, Operator, Statement, StatementId, StatementKind, Term, TermKind,
    parse,
};

/// The source with numbered lines, then the tree and its defects.
fn render(text: &str) -> Result<String, std::fmt::Error> {
    let tree = parse(text);
    let mut shown = String::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        writeln!(shown, "{:>3} | {}", number + 1, line.escape_debug())?;
    }
    shown.push('\n');
    for (id, statement) in tree.iter() {
        let depth = depth(&tree, statement);
        let shape = Shape { text, tree: &tree }.statement(statement);
        writeln!(shown, "{:>3} {}{shape}", id.index(), "  ".repeat(depth))?;
    }
    writeln!(
        shown,
        "\n{} comments, {} defects",
        tree.comments.len(),
        tree.defects.len()
    )?;
    for defect in &tree.defects {
        let line = text[..defect.span.start as usize].matches('\n').count() + 1;
        let of = defect
            .statement
            .map_or(String::new(), |id| format!(" (statement {})", id.index()));
        writeln!(
            shown,
            "line {line}, `{}`: {:?}{of}",
            show(text, defect.span),
            defect.kind
        )?;
    }
    Ok(shown)
}

fn snapshot(name: &str, text: &str) {
    let shown = render(text).unwrap_or_else(|error| error.to_string());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots/syntax/cpf");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}

fn depth(tree: &CpfTree, statement: &Statement) -> usize {
    std::iter::successors(statement.block, |id| tree.statement(*id).block).count()
}

fn show(text: &str, span: Span) -> String {
    span.of(text).escape_debug().to_string()
}

struct Shape<'t> {
    text: &'t str,
    tree: &'t CpfTree,
}

impl Shape<'_> {
    fn statement(&self, statement: &Statement) -> String {
        let word = show(self.text, statement.word());
        let end = |end: Option<StatementId>| match end {
            Some(end) => format!(" … {}", end.index()),
            None => String::new(),
        };
        match statement.kind {
            StatementKind::Assignment { value } => format!("assign {word} = {}", self.value(value)),
            StatementKind::Call { term } => self.term(self.tree.terms[term as usize]),
            StatementKind::CardModel { value } => format!("CardModel {}", self.value(value)),
            StatementKind::MasterFile {
                attributes,
                end: closed,
            } => {
                format!(
                    "MasterFile{}{}",
                    self.attributes(self.tree.attributes(attributes)),
                    end(closed)
                )
            }
            StatementKind::Declaration {
                what,
                name,
                attributes,
                end: closed,
            } => format!(
                "{what:?} {}{}{}",
                name.map_or("?".into(), |name| show(self.text, name.span())),
                self.attributes(self.tree.attributes(attributes)),
                end(closed),
            ),
            StatementKind::File {
                mode,
                name,
                end: closed,
                ..
            } => format!(
                "File {} {}{}",
                mode.map_or("?".into(), |mode| format!("{mode:?}")),
                name.map_or("?".into(), |name| show(self.text, name.span())),
                end(closed),
            ),
            StatementKind::Data { value } => format!("data {}", self.value(value)),
            StatementKind::End { word, closes } => {
                format!(
                    "{word:?} closes {}",
                    closes.map_or("?".into(), |id| id.index().to_string())
                )
            }
            StatementKind::Unknown => format!("unknown `{}`", show(self.text, statement.span)),
        }
    }

    fn attributes(&self, attributes: &[Attribute]) -> String {
        let shown = attributes.iter().map(|attribute| {
            format!(
                " [{} = {}]",
                show(self.text, attribute.name),
                self.expression(attribute.value)
            )
        });
        shown.collect()
    }

    fn value(&self, value: Option<Expr>) -> String {
        value.map_or("?".into(), |value| self.expression(value))
    }

    fn expression(&self, expr: Expr) -> String {
        let terms = self.tree.terms(expr).iter().map(|term| {
            let operator = match term.operator {
                Operator::None => "",
                Operator::Plus => " + ",
                Operator::Or => " | ",
                Operator::And => " & ",
            };
            format!("{operator}{}", self.term(*term))
        });
        let shown: String = terms.collect();
        if shown.is_empty() { "?".into() } else { shown }
    }

    fn term(&self, term: Term) -> String {
        match term.kind {
            TermKind::Number => format!("number {}", term.number_value(self.text)),
            TermKind::String => format!("string {:?}", term.string_value(self.text)),
            TermKind::Bytes => format!("bytes {:02X?}", term.bytes_value(self.text)),
            TermKind::Placeholder => "placeholder".into(),
            TermKind::Name => format!("name {}", show(self.text, term.span)),
            TermKind::Call { arguments } => {
                let arguments = self.tree.arguments(arguments).iter();
                let shown: Vec<String> = arguments.map(|expr| self.expression(*expr)).collect();
                let name = term.function_name(self.text);
                format!("call {}({})", show(self.text, name), shown.join(", "))
            }
        }
    }
}

#[test]
fn well_formed() {
    snapshot(
        "well-formed",
        "\
MakeCardEraseable()
CardModel 'SIEMENS50'
Name = 'it''s' + \"; \"\"x\"\"\" ; a comment
SEC_PUK = SECRANDOM(8, F(0x{41 42}, data)) + 0X{4344}
SEC_OP = ...
masterfile create=always
CreateDf DFAPP id=0x5015 maxsize=22000 aid=0x{ A0 00 ; rid
  00 63 }
CreateEf EFKEY id=1 read=PIN1|SO & OP
CreatePin P1 ref=1 value=SEC_PIN1
CREATEKEY K1 type='rsa2048'
enddf ; DFAPP
EndFile
File static EFKEY
data= 0x{}
Endfile
CreateFiles()
",
    );
}

#[test]
fn malformed_statements() {
    snapshot(
        "malformed-statements",
        "\
A =
B = = 2
C = 1 2
D = 1 + ; nothing
E = 12ab
F = 0x
G = 0x10000000000000000
H(1 2)
H(1,,2)
H(1,
H(
CardModel
CardModel = 'X'
CardModel 5
MasterFile
CreateEf
CreateEf id=1 maxsize=2
CreateEf X id 0x5031 maxsize=4
CreateEf X id= maxsize=auto
CreateEf X id=1 + 2
CreateEf X read=PIN1|
Endfile now
File
File Static
File EFX
Endfile
File Statc EFX extra
data 0x{41}
Endfile
CreateFiles() CreateFiles()
",
    );
}

#[test]
fn unknown_and_misspelt_words() {
    snapshot(
        "misspelt-words",
        "\
MastrFile
CreatDf DFX id=1 \\ ; more
   maxsize=5
CreatEf EFX id=2 aid=0x{ 41 ; a
 42 }
EndD
Endfil
Fiel Static EFX
data = 0x{41}
Enfile
Cardmodl 'X'
Something else
PROFILENAME 'X'
= 5
}
é
",
    );
}

#[test]
fn misplaced_statements() {
    snapshot(
        "misplaced-statements",
        "\
CreateEf EFA id=1
CreateDf DFA id=2
CreateEf EFB id=3
EndDF
data = 5
MasterFile
A = 1
CardModel 'X'
F()
data = 2
Endfile
File Static EFA
CreateEf EFC id=4
B = 0x{41}
data = B
data(1)
Endfile
",
    );
}

#[test]
fn unbalanced_blocks() {
    snapshot(
        "unbalanced-blocks",
        "\
EndDF
Endfile
MasterFile
CreateDf DFA id=1
CreateDf DFB id=2
EndDF
Endfile
MasterFile
CreateDf DFC id=3
X = 1
File Static EFA
data = 0x{41}
EndDF
File Static EFB
CreateFiles()
Endfile
File Static EFC
",
    );
}

#[test]
fn unterminated_literals() {
    snapshot(
        "unterminated-literals",
        "\
Name = 'open ; no comment
Other = \"also open
F('x)
SEC_OP = 0x{ 41 42 ; note
  43 zz
; about the next one
SEC_MAN = 0x{ 44 }
File Static EFA
data = 0x{
30 03 ; }
Endfil
File Static EFB
data = 0x{ 41
",
    );
}

#[test]
fn hex_data() {
    snapshot(
        "hex-data",
        "\
A = 0x{ 4 41 4G ; 5
  0x{ 123 zz;z
  é 3F005015 }
B = 0x{41 'x' \\
 42} ; y
",
    );
}

#[test]
fn continued_lines() {
    snapshot(
        "continued-lines",
        "\
CreateEf EFA \\
  id=1 \\ ; the id
; no longer continued
A = F(1, ; one

   G(2) +
   3
)
B = F(1,
C = 2 \\
  + 3
D = 1 \\ 2
E = F(
Endfile
F = 1 \\",
    );
}

#[test]
fn line_ends() {
    snapshot(
        "line-ends",
        "MasterFile\r\nCreateEf A \\\r\n id=1\r\n\r\nEndfile ; x\rData = 0x{ 41\r\n42 } ; y\r\nA = 'x\r\n",
    );
}
