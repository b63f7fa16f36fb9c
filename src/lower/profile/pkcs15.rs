//! EF.DIR and EF.TokenInfo of a PKCS#15 directory, added where the author left them out and
//! whoever compiles asks for it (perso).
//!
//! Without EF.TokenInfo no card is read by OpenSC; EF.DIR is how software finds the directory
//! without knowing its identifier (ISO/IEC 7816-15, clause 7).

use super::Programming;
use crate::der::pkcs15::{self, Application, Entry as _, TokenInfo, fid, token_flags};
use crate::model::{File, FileIndex, FileKind};
use crate::operation::{
    Access, AccessRule, AccessRules, CardAction, CardOperation, FileId, FilePath, FileShape,
    SizeOf, UndoClass, Value,
};
use crate::source::Span;
use crate::stdlib::Key;
use crate::syntax::cpf::TermKind;

/// What is still to be added to a profile.
pub(super) struct Additions {
    /// The PKCS#15 directory.
    directory: FileIndex,
    /// The place that asks for it.
    span: Span,
    /// EF.DIR is missing.
    applications: bool,
    /// EF.TokenInfo is missing.
    token_info: bool,
}

impl<'t> Programming<'_, '_, '_, 't> {
    /// What the profile lacks, if it has a PKCS#15 directory and the additions are wanted.
    pub(super) fn additions(&self) -> Option<Additions> {
        if !self.lowering.additions.pkcs15 {
            return None;
        }
        let profile = self.profile;
        let mut files = profile.iter_files();
        let (directory, file) = files.find(|(index, file)| self.is_pkcs15(*index, file))?;
        let has = |folder: FileIndex, id: u16| {
            let mut inside = profile.children(folder);
            inside.any(|(_, file)| self.identifier(file) == Some(id))
        };
        let mut files = profile.iter_files();
        let master = files.find(|(_, file)| file.kind == FileKind::Mf);
        Some(Additions {
            directory,
            span: file.span,
            applications: master.is_some_and(|(master, _)| !has(master, fid::DIR)),
            token_info: !has(directory, fid::TOKEN_INFO),
        })
    }

    /// A DF with the identifier of PKCS#15, or 5015 with an object directory.
    fn is_pkcs15(&self, index: FileIndex, file: &File<'t>) -> bool {
        if file.kind != FileKind::Df {
            return false;
        }
        let named = self.profile.aid(file);
        if named.is_some_and(|(aid, _)| aid == pkcs15::AID) {
            return true;
        }
        self.identifier(file) == Some(fid::APPLICATION)
            && self.profile.children(index).any(|(_, file)| {
                file.kind == FileKind::Ef && self.identifier(file) == Some(fid::ODF)
            })
    }

    fn identifier(&self, file: &File<'t>) -> Option<u16> {
        let (id, _) = self.profile.file_id(file)?;
        u16::try_from(id).ok()
    }

    /// EF.DIR, before the first file of the master file, where no selection is needed.
    pub(super) fn add_directory_of_applications(&mut self, additions: &mut Option<Additions>) {
        let Some(wanted) = additions.as_mut().filter(|wanted| wanted.applications) else {
            return;
        };
        wanted.applications = false;
        let (directory, span) = (wanted.directory, wanted.span);
        let Some(mut path) = self.path_bytes(directory) else {
            return;
        };
        path.splice(0..0, [0x3F, 0x00]);
        let aid = self.profile.aid(self.profile.file(directory));
        let application = Application {
            aid: aid.map_or_else(|| pkcs15::AID.to_vec(), |(aid, _)| aid),
            label: self.token_label(),
            path: Some(path),
        };
        self.add("EFDIR", vec![FileId(fid::DIR)], &application.encode(), span);
    }

    /// Identifiers from below the master file down to a file.
    fn path_bytes(&self, index: FileIndex) -> Option<Vec<u8>> {
        let mut ids = Vec::new();
        let mut at = Some(index);
        while let Some(file) = at.map(|at| self.profile.file(at)) {
            if file.kind == FileKind::Mf {
                break;
            }
            ids.push(self.identifier(file)?);
            at = file.parent;
        }
        Some(ids.into_iter().rev().flat_map(u16::to_be_bytes).collect())
    }

    /// EF.TokenInfo, directly behind its directory, which is the current one then.
    pub(super) fn add_token_info(
        &mut self,
        index: FileIndex,
        path: &FilePath,
        additions: &mut Option<Additions>,
    ) {
        let Some(wanted) = additions.as_mut() else {
            return;
        };
        if wanted.directory != index || !wanted.token_info {
            return;
        }
        wanted.token_info = false;
        let span = wanted.span;
        let pin = self
            .operations
            .iter()
            .any(|operation| matches!(operation.action, CardAction::CreatePin { .. }));
        let mut flags = token_flags::PRN_GENERATION;
        if pin {
            flags = flags.and(token_flags::LOGIN_REQUIRED);
        }
        let info = TokenInfo {
            label: self.token_label(),
            flags,
            ..TokenInfo::default()
        };
        let mut path = path.clone();
        path.push(FileId(fid::TOKEN_INFO));
        // Label and serial number of the run are entered into it when the card is made.
        self.add("EFTOKENINFO", path, &info.encode(), span);
    }

    /// The label that the description writes down, else the name that the profile gives itself.
    fn token_label(&mut self) -> Option<String> {
        if let Some(Value::Text { text, .. }) = self.lowering.described(Key::InitialLabel) {
            return Some(text);
        }
        let name = self.profile.assignment("PROFILENAME")?;
        let term = self.profile.single_term(name.value?)?;
        (term.kind == TermKind::String).then(|| term.string_value(self.profile.text))
    }

    fn add(&mut self, name: &str, path: FilePath, content: &[u8], span: Span) {
        let Ok(size) = u16::try_from(content.len()) else {
            return;
        };
        let prefix = CardOperation::<Value>::ADDITION;
        let create = CardAction::CreateFile {
            path: path.clone(),
            name: name.to_owned(),
            shape: FileShape::Transparent {
                size: SizeOf::Bytes(size),
                sfi: None,
            },
            access: AccessRules {
                read: Some(AccessRule::Only(Access::Always)),
                update: Some(AccessRule::Only(Access::Never)),
                ..AccessRules::default()
            },
        };
        let id = format!("{prefix}create.{name}");
        self.push(&id, create, UndoClass::Reversible, span);
        let write = CardAction::WriteFile {
            path,
            name: name.to_owned(),
            content: Value::bytes(content),
        };
        let id = format!("{prefix}write.{name}");
        self.push(&id, write, UndoClass::Reversible, span);
    }
}
