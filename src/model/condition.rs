//! What keys demand of the rest of a description, looked up in one.

use crate::stdlib::{Condition, Key, Requirement, SectionKind};

use super::{Application, Encoding, Entry, Reference, SectionRole, Value};

impl<'t> Encoding<'t> {
    /// Whether a demand is met. Keys of an application are looked for in `application`, if one is
    /// given; one that stands in a section where it does not belong counts as present.
    #[must_use]
    pub fn meets<'e>(
        &'e self,
        requirement: &Requirement,
        application: Option<Application<'e, 't>>,
    ) -> bool {
        requirement
            .any_of
            .iter()
            .any(|condition| self.holds(*condition, application))
    }

    fn holds<'e>(&'e self, condition: Condition, application: Option<Application<'e, 't>>) -> bool {
        let entry = |key| self.entry_for(key, application);
        match condition {
            Condition::Present(key) => entry(key).is_some_and(Entry::is_present),
            Condition::On(key) => entry(key).is_some_and(Entry::is_on),
            Condition::SignatureApplication => self.applications().any(|one| one.is_signature()),
            Condition::LocationFromField => {
                self.applications().any(|one| one.has_slot_from_field())
            }
        }
    }

    /// The entry of a key, under this or a former name, as one application sees it.
    fn entry_for<'e>(
        &'e self,
        key: Key,
        application: Option<Application<'e, 't>>,
    ) -> Option<&'e Entry<'t>> {
        let anywhere = self.current_entry(key);
        let (SectionKind::Application, Some(application)) = (key.keyword().section, application)
        else {
            return anywhere;
        };
        let own = application
            .entries()
            .iter()
            .find(|entry| entry.key().map(Key::current) == Some(key));
        own.or_else(|| anywhere.filter(|entry| self.is_misplaced(entry)))
    }

    /// Whether an entry of an application key stands outside of applications.
    fn is_misplaced(&self, entry: &Entry<'t>) -> bool {
        !matches!(self.role_of(entry), SectionRole::Application(_))
    }

    /// Whether a command stands in a section where it does not belong, and nowhere else.
    fn has_misplaced_command(&self) -> bool {
        let entries = commands().filter_map(|key| self.current_entry(key.current()));
        entries
            .filter(|entry| self.is_misplaced(entry))
            .any(Entry::is_present)
    }
}

impl<'e, 't> Application<'e, 't> {
    /// The entry of a key as this application sees it: its own, under this or a former name, else
    /// one that stands in a section where it does not belong.
    #[must_use]
    pub fn sees(self, key: Key) -> Option<&'e Entry<'t>> {
        self.encoding().entry_for(key, Some(self))
    }

    /// Whether it starts something: a command that is present.
    #[must_use]
    pub fn has_command(self) -> bool {
        let own = self
            .first_entries()
            .filter(|(key, _)| key.keyword().command);
        let present = |key: Key| self.sees(key.current()).is_some_and(Entry::is_present);
        own.map(|(key, _)| key).any(present) || self.encoding().has_misplaced_command()
    }

    /// Its entries that have no effect, with what each lacks; of each key the first.
    pub fn idle_entries(
        self,
    ) -> impl Iterator<Item = (&'e Entry<'t>, Vec<&'static Requirement>)> + use<'e, 't> {
        let own = self.first_entries();
        own.filter(|(key, _)| key.keyword().section == SectionKind::Application)
            .map(move |(_, entry)| (entry, self.encoding().unmet(entry, Some(self))))
            .filter(|(_, unmet)| !unmet.is_empty())
    }
}

fn commands() -> impl Iterator<Item = Key> {
    let all = Key::ALL.iter().copied();
    all.filter(|key| key.keyword().command)
}

impl<'t> Encoding<'t> {
    /// What an entry that is present lacks in order to have an effect (Table B of the rules).
    #[must_use]
    pub fn unmet<'e>(
        &'e self,
        entry: &Entry<'t>,
        application: Option<Application<'e, 't>>,
    ) -> Vec<&'static Requirement> {
        let needed = entry.key().filter(|_| entry.is_present());
        needed
            .map_or(&[][..], |key| key.keyword().effective_with)
            .iter()
            .filter(|requirement| !self.meets(requirement, application))
            .collect()
    }
}

impl Entry<'_> {
    /// Whether it switches something on: a flag that is on, or `#true` where a field may take the
    /// place of the flag.
    #[must_use]
    pub const fn switches_on(&self) -> bool {
        match self.value {
            Value::Flag(flag) => flag.is_on(),
            Value::Reference(Reference::Literal(word)) => word.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;
    use crate::syntax::dsc;

    use super::*;

    #[test]
    fn an_application_looks_at_itself_and_at_what_is_misplaced() {
        let text = "[Application_A]\nWriteP12Data=true\nCertificate=C\n[Application_B]\n\
                    WriteP12Data=true\n[Description]\nP12PASSWORD=P\n";
        let tree = dsc::parse(text);
        let encoding = Encoding::new(SourceId(0), text, &tree);
        let demands = Key::WriteP12Data.keyword().requires;
        let met: Vec<Vec<bool>> = encoding
            .applications()
            .map(|one| {
                let met = |demand| encoding.meets(demand, Some(one));
                demands.iter().map(met).collect()
            })
            .collect();
        assert_eq!(met, [[true, true], [false, true]]);
    }
}
