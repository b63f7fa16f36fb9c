use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::model::CallSite;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{self, Certainty, Function, Parameter, ParameterKind, ResultKind};
use crate::syntax::cpf::{Expr, Term, TermKind};

rule! {
    /// # What it finds
    ///
    /// A call of a function that does not exist, or one that is written in another way than the
    /// function wants it:
    ///
    /// * too few or too many arguments;
    /// * an argument of the wrong kind: `PERSINFO_PUT_SEC` wants one of the eight `SEC_` variables, `PERSINFO_PUT_PROFILENAME` a text, `SECRANDOM` a number and optionally an alphabet;
    /// * a function without a value where a value is wanted, or a value that is thrown away.
    ///
    /// # Why it matters
    ///
    /// The profile cannot be compiled. The middleware finds it only when the card lies in the reader.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1, 8)
    /// PERSINFO_ENCRYPT_SECS()
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=900 read=always update=PIN1
    /// Endfile
    /// File Dynamic EFNOTE
    /// data = PERSINFO_SEC()
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1)
    /// PERSINFO_ENCRYPT_SEC()
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=900 read=always update=PIN1
    /// Endfile
    /// File Dynamic EFNOTE
    /// data = PERSINFO_SEC()
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request, for an unknown function: the nearest one.
    ///
    /// # Source
    ///
    /// Stated for the names and forms of the functions (SEED); the arguments of `SECRANDOM` are ours.
    name: "invalid-call",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for call in &cx.profile.calls {
        match call.function {
            Some(function) => judge(cx, call, function, findings),
            None => report_unknown(cx, call, findings),
        }
    }
}

fn report_unknown(cx: &ProfileContext<'_>, call: &CallSite<'_>, findings: &mut Findings<'_>) {
    let draft = findings.report(
        format!("there is no function `{}`", excerpt(call.name)),
        cx.label(call.span, "unknown function"),
    );
    match call.counts_as {
        Some(near) => draft
            .help(format!("did you mean `{}`?", near.name))
            .fix(Fix::on_request(
                format!("write `{}`", near.name),
                [cx.edit(call.span, near.name)],
            )),
        None => draft.help(format!("the functions are {}", all_functions())),
    };
}

fn all_functions() -> String {
    let names: Vec<_> = stdlib::functions()
        .iter()
        .map(|function| function.name)
        .collect();
    names.join(", ")
}

fn judge(
    cx: &ProfileContext<'_>,
    call: &CallSite<'_>,
    function: &Function,
    findings: &mut Findings<'_>,
) {
    let name = function.name;
    match (function.result, call.as_value) {
        (ResultKind::None, true) => {
            findings
                .report(
                    format!("`{name}` has no value"),
                    cx.label(call.span, "a value is wanted here"),
                )
                .help(format!("call `{name}` as a statement on a line of its own"));
            return;
        }
        (result @ (ResultKind::Secret | ResultKind::Bytes), false) => {
            findings
                .report(
                    format!("the value of `{name}` is thrown away"),
                    cx.label(call.span, "its value goes nowhere"),
                )
                .help(match result {
                    ResultKind::Secret => format!("assign it: `SEC_PUK1 = {name}(8)`"),
                    _ => format!("write it to a file: `data = {name}()`"),
                });
            return;
        }
        _ => {}
    }
    if cx.profile.has_defect_in(call.statement, call.whole) {
        return;
    }
    let arguments = cx.profile.tree.arguments(call.arguments);
    if function.arity().contains(&arguments.len()) {
        for (argument, parameter) in arguments.iter().zip(function.parameters) {
            judge_argument(cx, call, *argument, parameter, findings);
        }
    } else {
        report_arity(cx, call, function, arguments, findings);
    }
}

fn report_arity(
    cx: &ProfileContext<'_>,
    call: &CallSite<'_>,
    function: &Function,
    arguments: &[Expr],
    findings: &mut Findings<'_>,
) {
    let (name, arity) = (function.name, function.arity());
    let expected = match (*arity.start(), *arity.end()) {
        (0, 0) => "no argument".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} or {most} arguments"),
    };
    // The first argument too many, else the name.
    let place = arguments
        .get(*arity.end())
        .map_or(call.span, |surplus| cx.profile.tree.span(*surplus));
    findings
        .report(
            format!(
                "`{name}` takes {expected}, but is given {}",
                arguments.len()
            ),
            cx.label(place, format!("expected {expected}")),
        )
        .help(format!("write `{}`", form(function)));
}

/// How a call of the function is written; what may be left out stands in brackets.
fn form(function: &Function) -> String {
    let mut form = format!("{}(", function.name);
    for (at, parameter) in function.parameters.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        form += &match parameter.optional {
            true => format!("[{comma}{}]", parameter.name),
            false => format!("{comma}{}", parameter.name),
        };
    }
    form + ")"
}

fn judge_argument(
    cx: &ProfileContext<'_>,
    call: &CallSite<'_>,
    argument: Expr,
    parameter: &Parameter,
    findings: &mut Findings<'_>,
) {
    if fits(cx, call, argument, parameter.kind) {
        return;
    }
    let expected = match parameter.kind {
        ParameterKind::SecretVariable => "one of the `SEC_` variables",
        ParameterKind::String => "a text",
        ParameterKind::Number => "a number",
        ParameterKind::Alphabet => "a text with the characters to draw from",
    };
    let span = argument_span(cx, call, argument);
    let draft = findings.report(
        format!("`{}` wants {expected}", call.name),
        cx.label(span, format!("expected {expected}")),
    );
    let draft = draft.help(match parameter.kind {
        ParameterKind::SecretVariable => secret_help(cx, argument),
        ParameterKind::Number => "write a number, such as 8".to_owned(),
        _ => "write a text in quotes, or a variable that holds one".to_owned(),
    });
    if parameter.kind == ParameterKind::SecretVariable {
        draft.note("the name of the variable becomes the name of the PIN on the card");
    }
}

fn argument_span(cx: &ProfileContext<'_>, call: &CallSite<'_>, argument: Expr) -> Span {
    let span = cx.profile.tree.span(argument);
    if span.is_empty() { call.span } else { span }
}

fn secret_help(cx: &ProfileContext<'_>, argument: Expr) -> String {
    let variables = || {
        stdlib::credentials()
            .iter()
            .map(|credential| credential.variable)
    };
    nearest(cx.text(cx.profile.tree.span(argument)), variables()).map_or_else(
        || format!("use one of {}", variables().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}

/// Whether an argument can be what is wanted. What only the card or a description will tell fits;
/// secrets are left to `exposed-secret`.
fn fits(
    cx: &ProfileContext<'_>,
    call: &CallSite<'_>,
    argument: Expr,
    wanted: ParameterKind,
) -> bool {
    if wanted == ParameterKind::SecretVariable {
        return cx.profile.single_term(argument).is_some_and(|term| {
            term.kind == TermKind::Placeholder
                || term.kind == TermKind::Name
                    && stdlib::credential_of_variable(cx.text(term.span)).is_some()
        });
    }
    let facts = cx.profile.facts(argument, call.statement);
    if facts.secret.is_some() || !facts.constant {
        return facts.call.is_none() || facts.secret.is_some();
    }
    let Some(term) = cx.profile.single_term(argument) else {
        return wanted != ParameterKind::Number;
    };
    match literal(cx, term).map(|term| term.kind) {
        Some(TermKind::Number) => wanted == ParameterKind::Number,
        Some(TermKind::Bytes) => false,
        Some(TermKind::String) => wanted != ParameterKind::Number,
        _ => true,
    }
}

/// The literal that a term is, or that its variable was assigned.
fn literal<'p>(cx: &ProfileContext<'p>, term: &'p Term) -> Option<&'p Term> {
    if term.kind != TermKind::Name {
        return Some(term);
    }
    let assignment = cx.profile.assignment(cx.text(term.span))?;
    cx.profile.single_term(assignment.value?)
}
