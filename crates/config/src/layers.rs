//! The layers above the defaults: every value that was written, where, and whether it can be read.

use std::fs;
use std::path::Path;

use serde::Serialize;
use toml::{Table, Value};

use crate::error::{Origin, Problem};
use crate::keys::{Key, PREFIX, Section, sections};
use crate::load::Config;
use crate::sources::Sources;

/// One value that was written somewhere.
struct Setting {
    key: Key,
    value: Value,
    origin: Origin,
}

/// The values that were written and can be read, weakest first.
pub(crate) struct Layers {
    settings: Vec<Setting>,
}

impl Layers {
    /// Every value of the sources, and what is wrong with the others.
    pub(crate) fn collect(sources: &Sources) -> (Self, Vec<Problem>) {
        let mut collecting = Collecting {
            sections: sections(),
            settings: Vec::new(),
            problems: Vec::new(),
        };
        if let Some((path, named_by)) = &sources.file {
            collecting.file(path, named_by);
        }
        collecting.environment(sources);
        collecting.flags(sources);
        let settings = collecting.settings;
        (Self { settings }, collecting.problems)
    }

    /// Whether any layer says something about the key.
    pub(crate) fn has(&self, dotted: &str) -> bool {
        self.origin(dotted).is_some()
    }

    /// All layers as one file.
    pub(crate) fn merged(&self) -> Table {
        let mut root = Table::new();
        for setting in &self.settings {
            place(&mut root, setting);
        }
        root
    }

    /// Fills in where the key of a problem was written.
    pub(crate) fn trace(&self, problem: &mut Problem) {
        if problem.origin == Origin::Default
            && let Some(origin) = self.origin(&problem.key)
        {
            problem.origin = origin.clone();
        }
    }

    fn origin(&self, dotted: &str) -> Option<&Origin> {
        let mut settings = self.settings.iter().rev();
        settings
            .find(|setting| setting.key.dotted() == dotted)
            .map(|setting| &setting.origin)
    }
}

/// Puts a value at its place in a file.
fn place(root: &mut Table, setting: &Setting) {
    let mut table = root;
    for part in setting.key.section.split('.') {
        let inner = table.entry(part).or_insert_with(|| Table::new().into());
        let Value::Table(inner) = inner else { return };
        table = inner;
    }
    table.insert(setting.key.name.clone(), setting.value.clone());
}

struct Collecting {
    sections: Vec<Section>,
    settings: Vec<Setting>,
    problems: Vec<Problem>,
}

impl Collecting {
    fn file(&mut self, path: &Path, named_by: &Origin) {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let what = format!(
                    "the file {} can't be read ({error}): write the path of a readable TOML file",
                    path.display()
                );
                return self.refuse(named_by.clone(), "", what);
            }
        };
        let origin = Origin::File(path.to_owned());
        match text.parse::<Table>() {
            Ok(table) => self.table("", table, &origin),
            Err(error) => self.refuse(origin, "", syntax(&text, &error)),
        }
    }

    /// Takes what stands in a section of a file.
    fn table(&mut self, path: &str, table: Table, origin: &Origin) {
        for (name, value) in table {
            let dotted = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let is_section = self.sections.iter().any(|section| section.path == dotted);
            match value {
                Value::Table(inner) if is_section => self.table(&dotted, inner, origin),
                _ if is_section => {
                    let what = format!("is a section: write [{dotted}] and its keys below");
                    self.refuse(origin.clone(), &dotted, what);
                }
                value => {
                    if let Some(key) = self.key(&dotted) {
                        self.take(key, value, origin.clone());
                    } else {
                        let what = self.unknown(path);
                        self.refuse(origin.clone(), &dotted, what);
                    }
                }
            }
        }
    }

    fn environment(&mut self, sources: &Sources) {
        for (variable, text) in sources.variables() {
            let keys = self.sections.iter().flat_map(|section| &section.keys);
            let known = keys.clone().find(|key| key.variable() == variable);
            let origin = Origin::Variable(variable.to_owned());
            if let Some(key) = known.cloned() {
                let value = key.kind.read(text);
                self.take(key, value, origin);
            } else if let Some(meant) = keys
                .map(Key::variable)
                .find(|known| known.replace("__", "_") == variable)
            {
                let what = format!("two underscores stand after a section: write {meant}");
                self.refuse(origin, "", what);
            } else if let Some((section, _)) = variable[PREFIX.len()..].rsplit_once("__") {
                let what = self.unknown(&section.replace("__", ".").to_lowercase());
                self.refuse(origin, "", what);
            }
            // Others are not ours to judge: Kubernetes makes FLEETSCOPE_SERVICE_HOST and the like
            // for a Service of that name.
        }
    }

    fn flags(&mut self, sources: &Sources) {
        let flags = &sources.overrides;
        self.flag("server.listen", "--listen", flags.listen.as_ref());
        self.flag(
            "server.admin_listen",
            "--admin-listen",
            flags.admin_listen.as_ref(),
        );
        self.flag(
            "server.inner_listen",
            "--inner-listen",
            flags.inner_listen.as_ref(),
        );
        self.flag("server.roles", "--roles", flags.roles.as_ref());
        self.flag("storage.data_dir", "--data-dir", flags.data_dir.as_ref());
        self.flag("log.filter", "--log", flags.log.as_ref());
        self.flag("log.format", "--log-format", flags.log_format.as_ref());
    }

    fn flag(&mut self, dotted: &str, flag: &'static str, value: Option<&impl Serialize>) {
        let (Some(value), Some(key)) = (value, self.key(dotted)) else {
            return;
        };
        match Value::try_from(value) {
            Ok(value) => self.take(key, value, Origin::Flag(flag)),
            Err(error) => self.refuse(Origin::Flag(flag), dotted, error.to_string()),
        }
    }

    fn key(&self, dotted: &str) -> Option<Key> {
        let mut keys = self.sections.iter().flat_map(|section| &section.keys);
        keys.find(|key| key.dotted() == dotted).cloned()
    }

    /// Reads the value by itself, so that what is wrong with it is known to be its fault.
    fn take(&mut self, key: Key, value: Value, origin: Origin) {
        let setting = Setting { key, value, origin };
        let mut alone = Table::new();
        place(&mut alone, &setting);
        match alone.try_into::<Config>() {
            Ok(_) => self.settings.push(setting),
            Err(error) => {
                let reason = if setting.key.secret {
                    // The library's message quotes what it read.
                    "it is not a text"
                } else {
                    error.message()
                };
                let what = format!("{reason}; for example: {}", setting.key.hint());
                self.refuse(setting.origin, &setting.key.dotted(), what);
            }
        }
    }

    fn unknown(&self, section: &str) -> String {
        let names = |names: Vec<&str>| names.join(", ");
        match self.sections.iter().find(|known| known.path == section) {
            Some(section) => format!(
                "there is no such key: section [{}] has {}",
                section.path,
                names(section.keys.iter().map(|key| key.name.as_str()).collect())
            ),
            None => format!(
                "there is no such section: there are {}",
                names(
                    self.sections
                        .iter()
                        .map(|section| section.path.as_str())
                        .collect()
                )
            ),
        }
    }

    fn refuse(&mut self, origin: Origin, key: &str, what: String) {
        let key = key.to_owned();
        self.problems.push(Problem { origin, key, what });
    }
}

/// What is wrong with a file's syntax, without quoting the line: it may hold a secret.
fn syntax(text: &str, error: &toml::de::Error) -> String {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line} is not TOML: {}", error.message().trim())
}
