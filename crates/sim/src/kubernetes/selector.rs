//! Which objects a list or a watch is about.

mod fields;
mod labels;

use serde_json::Value;

use super::resources::Resource;
use super::status::Refusal;

/// A `labelSelector` and a `fieldSelector` together.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    labels: labels::LabelSelector,
    fields: fields::FieldSelector,
}

impl Selector {
    /// Parses both; refused with 400 where one can't be read, or names a field that the
    /// resource is not indexed by.
    pub(crate) fn parse(
        resource: &Resource,
        label_selector: &str,
        field_selector: &str,
    ) -> Result<Self, Refusal> {
        let labels = labels::LabelSelector::parse(label_selector).map_err(Refusal::bad_request)?;
        let fields = fields::FieldSelector::parse(field_selector).map_err(Refusal::bad_request)?;
        if let Some(unknown) = fields.unsupported(&resource.spec.selectable_fields) {
            let message = format!("field label not supported: {unknown}");
            return Err(Refusal::bad_request(message));
        }
        Ok(Self { labels, fields })
    }

    /// Also asks for the name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.fields.require("metadata.name", name);
        self
    }

    /// Whether every object is meant.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything()
    }

    /// Whether the object is meant.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.labels.matches(&object["metadata"]["labels"]) && self.fields.matches(object)
    }
}
