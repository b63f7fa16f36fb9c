//! Commands on whole files and the life cycle (ISO/IEC 7816-9, ISO/IEC 7816-13 for the card).

use super::super::{Answer, Card, FileKey, Files, cardos44, done};
use super::parameters;
use super::select::identifier;
use crate::card::access::Operation;
use crate::card::apdu::{Command, ins};
use crate::card::fcp::MASTER_FILE;
use crate::card::{FileControl, LifeCycle, Sw};

impl Card {
    /// The new file becomes current, so that a write needs no SELECT.
    pub(in super::super) fn create_file(&mut self, command: &Command) -> Answer {
        if parameters(command) != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        let mut control = match self.is_cardos44() {
            true => cardos44::access::file_control(command.body())?,
            false => FileControl::decode(command.body()).map_err(|_| Sw::WRONG_DATA)?,
        };
        if control.id == MASTER_FILE && !self.is_fused() {
            control.life_cycle = Some(LifeCycle::Creation);
            self.state.files.create_mf(control)?;
            self.enter(Files::MF)?;
            return done();
        }
        let directory = self.session.directory;
        let operation = if control.is_df() {
            Operation::CreateDf
        } else {
            Operation::CreateEf
        };
        self.usable(directory)?;
        self.authorise(directory, operation)?;
        control.life_cycle = Some(self.initial_state(control.life_cycle)?);
        let file = self.state.files.create(directory, control)?;
        self.enter(file)?;
        done()
    }

    fn initial_state(&self, told: Option<LifeCycle>) -> Result<LifeCycle, Sw> {
        match told {
            Some(LifeCycle::Deactivated | LifeCycle::Terminated) => Err(Sw::WRONG_DATA),
            Some(state) => Ok(state),
            None if self.is_fused() => Ok(LifeCycle::Activated),
            None => Ok(LifeCycle::Creation),
        }
    }

    /// Allowed by the file's own rule or by its directory's.
    pub(in super::super) fn delete_file(&mut self, command: &Command) -> Answer {
        let file = self.target(command)?;
        let parent = self.state.files.get(file)?.parent.ok_or(Sw::CONDITIONS)?;
        self.authorise(file, Operation::Delete)
            .or_else(|_| self.authorise(parent, Operation::DeleteChild))?;
        self.state.files.delete(file)?;
        if self.state.files.get(self.session.current()).is_err() {
            self.enter(parent)?;
        }
        done()
    }

    /// Of the MF this is the end of personalisation: rules are enforced from here on.
    pub(in super::super) fn activate(&mut self, command: &Command) -> Answer {
        let file = self.target(command)?;
        if self.state.files.get(file)?.life_cycle() == LifeCycle::Terminated {
            return Err(Sw::CONDITIONS);
        }
        self.authorise(file, Operation::Activate)?;
        if file == Files::MF && !self.is_fused() {
            self.state.activate();
        }
        self.set_life_cycle(file, LifeCycle::Activated)
    }

    pub(in super::super) fn deactivate(&mut self, command: &Command) -> Answer {
        let file = self.target(command)?;
        let state = self.state.files.get(file)?.life_cycle();
        if file == Files::MF || state == LifeCycle::Terminated {
            return Err(Sw::CONDITIONS);
        }
        self.authorise(file, Operation::Deactivate)?;
        self.set_life_cycle(file, LifeCycle::Deactivated)
    }

    pub(in super::super) fn terminate(&mut self, command: &Command) -> Answer {
        let file = self.target(command)?;
        let is_df = self.state.files.get(file)?.control.is_df();
        if file == Files::MF || is_df != (command.ins == ins::TERMINATE_DF) {
            return Err(Sw::CONDITIONS);
        }
        self.authorise(file, Operation::Terminate)?;
        self.set_life_cycle(file, LifeCycle::Terminated)
    }

    pub(in super::super) fn terminate_card(&mut self, command: &Command) -> Answer {
        if parameters(command) != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        self.authorise(Files::MF, Operation::Terminate)?;
        self.set_life_cycle(Files::MF, LifeCycle::Terminated)
    }

    fn set_life_cycle(&mut self, file: FileKey, state: LifeCycle) -> Answer {
        self.state.files.get_mut(file)?.control.life_cycle = Some(state);
        done()
    }

    /// The file a command is about: named by its identifier in the current directory, or the
    /// current file.
    fn target(&self, command: &Command) -> Result<FileKey, Sw> {
        if parameters(command) != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        if command.body().is_empty() {
            return Ok(self.session.current());
        }
        match identifier(command.body())? {
            MASTER_FILE => Ok(Files::MF),
            id => {
                let found = self.state.files.child(self.session.directory, id);
                found.ok_or(Sw::NO_FILE)
            }
        }
    }

    /// Whether the file's rules allow an operation now.
    pub(super) fn authorise(&self, file: FileKey, operation: Operation) -> Result<(), Sw> {
        let allowed = self.state.allows(file, operation, self.session.verified)?;
        allowed.then_some(()).ok_or(Sw::SECURITY_STATUS)
    }

    fn usable(&self, file: FileKey) -> Result<(), Sw> {
        match self.state.files.get(file)?.life_cycle() {
            LifeCycle::Deactivated | LifeCycle::Terminated => Err(Sw::CONDITIONS),
            _ => Ok(()),
        }
    }
}
