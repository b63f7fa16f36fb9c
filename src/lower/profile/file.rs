//! Files and their contents, in the order of fewest commands.
//!
//! Creating a file makes it the current one (ISO 7816-9), so a static content is written directly
//! behind the creation of its file and needs no selection. Keys come behind all files, dynamic
//! contents behind the keys.

use std::collections::{HashMap, HashSet};

use super::Programming;
use crate::model::{Content, DataSize, File, FileIndex, FileKind, Size};
use crate::operation::{CardAction, FileId, FilePath, FileShape, SizeOf, UndoClass, Value};
use crate::source::Span;
use crate::syntax::cpf::FileMode;

/// A content that waits until all files are there.
struct Later {
    action: CardAction,
    name: String,
    span: Span,
}

impl<'t> Programming<'_, '_, '_, 't> {
    pub(super) fn create_files(&mut self, card: &str) {
        let profile = self.profile;
        if profile.calls_of("CreateFiles").next().is_none() {
            self.refuse(
                self.head(),
                "the declared files are never made",
                "call `CreateFiles()` behind the declarations and contents",
            );
            return;
        }
        self.refuse_lost_contents();
        let mut paths: Vec<Option<FilePath>> = Vec::new();
        let mut taken = HashSet::new();
        let mut later = Vec::new();
        let mut additions = self.additions();
        for (index, file) in profile.iter_files() {
            let path = self.path(file, &paths);
            if path.as_ref().is_some_and(|path| path.len() == 1) {
                self.add_directory_of_applications(&mut additions);
            }
            if let Some(path) = &path {
                if !taken.insert(path.clone()) {
                    self.refuse(
                        file.span,
                        "another file of this folder has the same identifier",
                        "identifiers are unique inside a folder",
                    );
                } else if file.kind != FileKind::Mf {
                    self.create(index, file, path, &mut later);
                    self.add_token_info(index, path, &mut additions);
                }
            }
            paths.push(path);
        }
        self.refuse_full_folders(&paths);
        self.create_keys(card, &paths);
        for Later { action, name, span } in later {
            self.push(
                &format!("profile.write.{name}"),
                action,
                UndoClass::Reversible,
                span,
            );
        }
    }

    /// A folder with a size must have room for what lies in it, additions among it.
    fn refuse_full_folders(&mut self, paths: &[Option<FilePath>]) {
        let mut inside: HashMap<FilePath, u64> = HashMap::new();
        let mut full = Vec::new();
        // Files stand behind their folders, so each sum is complete when it is asked for.
        for operation in self.operations.iter().rev() {
            let CardAction::CreateFile { path, shape, .. } = &operation.action else {
                continue;
            };
            let needed = inside.remove(path).unwrap_or_default();
            let size = match shape {
                FileShape::Dedicated {
                    size: Some(size), ..
                }
                | FileShape::Transparent {
                    size: SizeOf::Bytes(size),
                    ..
                } => u64::from(*size),
                _ => needed,
            };
            if needed > size {
                full.push((path.clone(), size, needed));
            }
            if let Some((_, around)) = path.split_last() {
                *inside.entry(around.to_vec()).or_default() += size;
            }
        }
        for (path, size, needed) in full {
            let index = paths.iter().position(|known| known.as_ref() == Some(&path));
            let Some(file) = index.and_then(|index| self.profile.files.get(index)) else {
                continue;
            };
            let (name, span) = (file.name, self.profile.max_size(file));
            self.refuse(
                span.map_or(file.span, |(_, span)| span),
                format!("`{name}` has {size} bytes, what lies in it takes {needed}"),
                "enlarge `maxsize=` of the folder, or make its files smaller",
            );
        }
    }

    fn refuse_lost_contents(&mut self) {
        let profile = self.profile;
        let mut seen = HashSet::new();
        for content in &profile.contents {
            let span = content.name.map_or(Span::empty(0), |(_, span)| span);
            match content.file {
                None => self.refuse(
                    span,
                    "this content belongs to no file",
                    "declare an elementary file of this name with `CreateEf`",
                ),
                Some(file) if !seen.insert(file) => self.refuse(
                    span,
                    "this file has a content already",
                    "join the two blocks",
                ),
                Some(_) => {}
            }
        }
    }

    /// Identifiers from below the master file down to `file`; empty for the master file.
    fn path(&mut self, file: &File<'t>, paths: &[Option<FilePath>]) -> Option<FilePath> {
        if file.kind == FileKind::Mf {
            return Some(FilePath::new());
        }
        let above = file
            .parent
            .and_then(|parent| paths.get(parent.0 as usize)?.clone());
        let id = self
            .profile
            .file_id(file)
            .and_then(|(id, _)| u16::try_from(id).ok());
        let id = id.filter(|id| !matches!(*id, 0 | 0x3F00 | 0x3FFF | 0xFFFF));
        let Some(id) = id else {
            self.refuse(
                file.span,
                format!("`{}` has no valid file identifier", file.name),
                "add `id=` from 0x0001 to 0xFFFE; 0x3F00 and 0x3FFF are reserved",
            );
            return None;
        };
        let Some(mut path) = above else {
            self.refuse(
                file.span,
                format!("`{}` lies in no folder", file.name),
                "declare it between `MasterFile` and its `Endfile`",
            );
            return None;
        };
        path.push(FileId(id));
        Some(path)
    }

    fn create(
        &mut self,
        index: FileIndex,
        file: &File<'t>,
        path: &FilePath,
        later: &mut Vec<Later>,
    ) -> Option<()> {
        let access = self.access(file.attributes);
        let name = file.name.to_owned();
        let creation = |shape| CardAction::CreateFile {
            path: path.clone(),
            name: name.clone(),
            shape,
            access,
        };
        let id = format!("profile.create.{name}");
        if file.kind == FileKind::Df {
            let shape = self.dedicated(file)?;
            self.push(&id, creation(shape), UndoClass::Reversible, file.span);
            return Some(());
        }
        let content = self.profile.content_of(index);
        let written = match content {
            Some(content) => Some(self.written(content)?),
            None => None,
        };
        let value = written.as_ref().map(|(value, _)| value);
        let size = self.size(index, content, value)?;
        let sfi = self.short_identifier(file)?;
        let shape = FileShape::Transparent { size, sfi };
        self.push(&id, creation(shape), UndoClass::Reversible, file.span);
        let (value, span) = written?;
        let action = CardAction::WriteFile {
            path: path.clone(),
            name: name.clone(),
            content: value,
        };
        if matches!(
            content.and_then(|content| content.mode),
            Some((FileMode::Dynamic, _))
        ) {
            later.push(Later { action, name, span });
        } else {
            self.push(
                &format!("profile.write.{name}"),
                action,
                UndoClass::Reversible,
                span,
            );
        }
        Some(())
    }

    fn dedicated(&mut self, file: &File<'t>) -> Option<FileShape> {
        let profile = self.profile;
        let size = match profile.max_size(file) {
            Some((Size::Bytes(bytes), span)) => Some(self.bytes(bytes, span)?),
            _ => None,
        };
        let aid = match profile.aid(file) {
            Some((aid, span)) if aid.is_empty() || aid.len() > 16 => {
                self.refuse(
                    span,
                    "an application identifier has 1 to 16 bytes",
                    "ISO 7816-4, 8.2.1.2 sets this limit",
                );
                return None;
            }
            Some((aid, _)) => match Value::bytes(&aid) {
                Value::Bytes { hex, .. } => Some(hex),
                _ => None,
            },
            None => None,
        };
        Some(FileShape::Dedicated { size, aid })
    }

    /// The content of a block with the place of its `data` line.
    fn written(&mut self, content: &Content<'t>) -> Option<(Value, Span)> {
        let profile = self.profile;
        let name = content.name.map_or(Span::empty(0), |(_, span)| span);
        let [(statement, Some(expr))] = content.data.as_slice() else {
            self.refuse(
                name,
                "the content is not exactly one `data =`",
                "write one `data = …` line",
            );
            return None;
        };
        let value = self.value(*expr, *statement)?;
        self.refuse_exposure(&value, *expr, *statement)?;
        Some((value, profile.tree.statement(*statement).span))
    }

    /// `maxsize`: a number that the content must not exceed, or as large as the content, which may
    /// be a public key.
    fn size(
        &mut self,
        index: FileIndex,
        content: Option<&Content<'t>>,
        value: Option<&Value>,
    ) -> Option<SizeOf> {
        let profile = self.profile;
        let file = profile.file(index);
        let data = content.and_then(|content| content.data.first().copied());
        let known = data.and_then(|(statement, expr)| Some(profile.facts(expr?, statement).size));
        match (profile.max_size(file), known, value) {
            (Some((Size::Bytes(bytes), span)), Some(DataSize::Known(length)), _)
                if length > bytes =>
            {
                self.refuse(
                    span,
                    format!("the content has {length} bytes and does not fit into {bytes}"),
                    "write `maxsize=auto`, or a number that is large enough",
                );
                None
            }
            (Some((Size::Bytes(bytes), span)), _, _) => self.bytes(bytes, span).map(SizeOf::Bytes),
            (_, Some(DataSize::Known(length)), Some(_)) => {
                self.bytes(length, file.span).map(SizeOf::Bytes)
            }
            (_, _, Some(value)) => Some(SizeOf::Content(value.clone())),
            (_, _, None) => {
                let key = profile.key_into(index);
                if let Some(kind) = key.and_then(|key| profile.key_kind(key)) {
                    return self
                        .bytes(kind.public_key_bytes(), file.span)
                        .map(SizeOf::Bytes);
                }
                self.refuse(
                    file.span,
                    format!("nothing says how large `{}` is", file.name),
                    "add `maxsize=` with a number, or a `File` block with its content",
                );
                None
            }
        }
    }

    fn bytes(&mut self, bytes: u64, span: Span) -> Option<u16> {
        match u16::try_from(bytes) {
            Ok(bytes @ 1..) => Some(bytes),
            _ => {
                self.refuse(
                    span,
                    "this is no size of a file",
                    "a file has 1 to 65535 bytes",
                );
                None
            }
        }
    }

    fn short_identifier(&mut self, file: &File<'t>) -> Option<Option<u8>> {
        let profile = self.profile;
        let Some(attribute) = profile.attribute(file.attributes, "sfi") else {
            return Some(None);
        };
        match profile.number(attribute.value) {
            Some(number @ 1..=30) => Some(u8::try_from(number).ok()),
            _ => {
                self.refuse(
                    profile.tree.span(attribute.value),
                    "this is no short file identifier",
                    "write a number from 1 to 30 (ISO 7816-4, 7.3.2)",
                );
                None
            }
        }
    }
}
