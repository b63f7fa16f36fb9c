//! The phases of CardOS, and PHASE CONTROL between them.

use serde::{Deserialize, Serialize};

use super::access;
use crate::card::Sw;
use crate::card::apdu::Command;
use crate::card::simulator::commands::parameters;
use crate::card::simulator::{Answer, Card, Files, done};

/// The phase that a CardOS 4.4 is in. Other personalities stay in the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// Objects are defined.
    #[default]
    Administration,
    /// Objects are used.
    Operation,
}

impl Phase {
    /// Whether it is the phase of a blank card, which images do not mention.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of serde")]
    pub(crate) fn is_first(&self) -> bool {
        *self == Self::Administration
    }
}

impl Card {
    /// Into the other phase. The first time into operation activates the card; the way back needs
    /// the life cycle condition of the MF.
    pub(super) fn phase_control(&mut self, command: &Command) -> Answer {
        if parameters(command) != 0 || !command.body().is_empty() {
            return Err(Sw::WRONG_P1P2);
        }
        self.state.phase = match self.state.phase {
            Phase::Administration => {
                self.state.activate();
                Phase::Operation
            }
            Phase::Operation if self.may_change_phase()? => Phase::Administration,
            Phase::Operation => return Err(Sw::SECURITY_STATUS),
        };
        done()
    }

    fn may_change_phase(&self) -> Result<bool, Sw> {
        let mf = &self.state.files.get(Files::MF)?.control;
        let life_cycle = mf.proprietary.as_ref().and_then(|bytes| bytes.first());
        let condition = life_cycle.map(|byte| access::condition(*byte));
        Ok(condition.is_some_and(|it| it.holds(self.session.verified)))
    }
}
