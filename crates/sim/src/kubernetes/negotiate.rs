//! What `Accept` asks for: JSON, a table, metadata only, aggregated discovery.

use http::{HeaderMap, header};

use super::status::Refusal;

/// The group of tables and of partial metadata.
const META: &str = "meta.k8s.io";

/// How objects are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are.
    Objects,
    /// As rows of a `Table`.
    Table,
    /// As `PartialObjectMetadata`.
    Metadata,
}

/// What the rows of a table carry beside their cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IncludeObject {
    None,
    #[default]
    Metadata,
    Object,
}

impl IncludeObject {
    /// Reads the query parameter of that name.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::None),
            "Object" => Ok(Self::Object),
            _ => Err(Refusal::bad_request(format!(
                "unsupported includeObject value: \"{text}\""
            ))),
        }
    }
}

/// One media range of `Accept`.
struct Range {
    media: String,
    parameters: Vec<(String, String)>,
    quality: f32,
}

/// How the caller wants objects written; refused with 406 where nothing he accepts is known.
pub(crate) fn form(headers: &HeaderMap) -> Result<Form, Refusal> {
    let ranges = ranges(headers);
    if ranges.is_empty() {
        return Ok(Form::Objects);
    }
    ranges
        .iter()
        .find_map(Range::form)
        .ok_or_else(Refusal::not_acceptable)
}

/// The version of aggregated discovery that is wanted before plain discovery, if any.
pub(crate) fn aggregated_discovery(headers: &HeaderMap) -> Option<&'static str> {
    for range in ranges(headers) {
        if !range.is_json() {
            continue;
        }
        if range.parameter("as") != Some("APIGroupDiscoveryList") {
            return None;
        }
        match (range.parameter("g"), range.parameter("v")) {
            (Some("apidiscovery.k8s.io"), Some("v2")) => return Some("v2"),
            (Some("apidiscovery.k8s.io"), Some("v2beta1")) => return Some("v2beta1"),
            _ => {}
        }
    }
    None
}

impl Range {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_lowercase();
        let parameters: Vec<(String, String)> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.to_lowercase(), value.trim_matches('"').to_owned()))
            .collect();
        let quality = parameters
            .iter()
            .find(|(name, _)| name == "q")
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(1.0);
        Self {
            media,
            parameters,
            quality,
        }
    }

    fn is_json(&self) -> bool {
        matches!(
            self.media.as_str(),
            "application/json" | "application/*" | "*/*"
        )
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn form(&self) -> Option<Form> {
        if !self.is_json() {
            return None;
        }
        match (
            self.parameter("as"),
            self.parameter("g"),
            self.parameter("v"),
        ) {
            (None, _, _) => Some(Form::Objects),
            (Some("Table"), Some(META), Some("v1")) => Some(Form::Table),
            (
                Some("PartialObjectMetadata" | "PartialObjectMetadataList"),
                Some(META),
                Some("v1"),
            ) => Some(Form::Metadata),
            _ => None,
        }
    }
}

/// The ranges, best first; those of one quality in the caller's order.
fn ranges(headers: &HeaderMap) -> Vec<Range> {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let mut ranges: Vec<Range> = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter(|text| !text.trim().is_empty())
        .map(Range::parse)
        .filter(|range| range.quality > 0.0)
        .collect();
    ranges.sort_by(|left, right| right.quality.total_cmp(&left.quality));
    ranges
}
