//! The life of the card as a whole: who erases it, and its activation.

use super::{Assembly, Dialect};
use crate::card::program::{Known, cardos44, iso7816};
use crate::operation::{Access, CardOperation};

impl<'p> Assembly<'p> {
    /// Says who erases the card after activation, before anything else is done. Without it nobody
    /// does, so a program that asks for neither needs no command.
    pub(super) fn erasure(&mut self) {
        let Some(first) = self.program.operations.first() else {
            return;
        };
        let operator = self.credentials.number(Access::Operator);
        let by_anybody = self.program.eraseable;
        let meaning = match (by_anybody, operator) {
            (false, None) => return,
            (true, None) => "let anybody erase the card".to_owned(),
            (false, Some(number)) => {
                format!("let OP, PIN object {}, erase the card", number.get())
            }
            (true, Some(number)) => {
                format!(
                    "let anybody, and OP, PIN object {}, erase the card",
                    number.get()
                )
            }
        };
        match self.dialect {
            Dialect::Iso7816 => {
                let command = iso7816::erasure(by_anybody, operator);
                self.command(first, meaning, command);
            }
            Dialect::CardOs44 if by_anybody => {
                let message = "how a CardOS 4.4 stays erasable without its start key is not public";
                let help = "leave `MakeCardEraseable()` out; whoever has the start key erases it";
                self.problem(first, message, help);
            }
            // The operator has no part in erasing this card: the start key decides.
            Dialect::CardOs44 => {}
        }
    }

    pub(super) fn activate(&mut self, operation: &CardOperation<Known>) {
        let command = match self.dialect {
            Dialect::Iso7816 => iso7816::activate(),
            Dialect::CardOs44 => Ok(cardos44::activate()),
        };
        let meaning = "activate the card: access rules hold from here on".to_owned();
        if let Some(item) = self.command(operation, meaning, command) {
            item.activates = true;
        }
    }
}
