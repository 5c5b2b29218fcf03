//! A resource's specification as a `CustomResourceDefinition`, and back.

use serde_json::{Value, json};

use super::{PrinterColumn, ResourceSpec};

/// The `apiVersion` of a `CustomResourceDefinition`.
const DEFINITION_API: &str = "apiextensions.k8s.io/v1";
/// The kind of a `CustomResourceDefinition`.
const DEFINITION_KIND: &str = "CustomResourceDefinition";

impl ResourceSpec {
    /// The `CustomResourceDefinition` that would install this resource; applying it to a
    /// store makes the resource known there. The schema accepts any object.
    pub fn definition(&self) -> Value {
        json!({
            "apiVersion": DEFINITION_API,
            "kind": DEFINITION_KIND,
            "metadata": { "name": format!("{}.{}", self.plural, self.group) },
            "spec": {
                "group": self.group,
                "names": self.names(),
                "scope": if self.namespaced { "Namespaced" } else { "Cluster" },
                "versions": [self.served_version()],
                "conversion": { "strategy": "None" },
            },
        })
    }

    /// The resources that a `CustomResourceDefinition` defines, one for each served version.
    pub(crate) fn from_definition(definition: &Value) -> Vec<Self> {
        let spec = &definition["spec"];
        let names = &spec["names"];
        let (Some(group), Some(kind), Some(plural), Some(versions)) = (
            spec["group"].as_str(),
            names["kind"].as_str(),
            names["plural"].as_str(),
            spec["versions"].as_array(),
        ) else {
            return Vec::new();
        };
        let served = versions.iter().filter(|version| version["served"] != false);
        served
            .filter_map(|version| {
                let api_version = format!("{group}/{}", version["name"].as_str()?);
                let namespaced = spec["scope"] == "Namespaced";
                let mut resource = Self::new(&api_version, kind, plural, namespaced);
                resource.short_names = strings(&names["shortNames"]);
                resource.categories = strings(&names["categories"]);
                resource.columns = each(&version["additionalPrinterColumns"])
                    .filter_map(PrinterColumn::from_definition)
                    .collect();
                resource.selectable_fields = each(&version["selectableFields"])
                    .filter_map(|field| field["jsonPath"].as_str())
                    .map(|path| path.trim_start_matches('.').to_owned())
                    .collect();
                Some(resource)
            })
            .collect()
    }

    fn names(&self) -> Value {
        let mut names = json!({
            "plural": self.plural, "singular": self.singular(),
            "kind": self.kind, "listKind": format!("{}List", self.kind),
        });
        if !self.short_names.is_empty() {
            names["shortNames"] = self.short_names.clone().into();
        }
        if !self.categories.is_empty() {
            names["categories"] = self.categories.clone().into();
        }
        names
    }

    fn served_version(&self) -> Value {
        let columns: Vec<Value> = self.columns.iter().map(PrinterColumn::definition).collect();
        let fields: Vec<Value> = self
            .selectable_fields
            .iter()
            .map(|field| json!({ "jsonPath": format!(".{field}") }))
            .collect();
        let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
        let mut version = json!({
            "name": self.version, "served": true, "storage": true,
            "schema": { "openAPIV3Schema": schema },
            "subresources": { "status": {} },
        });
        if !columns.is_empty() {
            version["additionalPrinterColumns"] = columns.into();
        }
        if !fields.is_empty() {
            version["selectableFields"] = fields.into();
        }
        version
    }
}

impl PrinterColumn {
    fn definition(&self) -> Value {
        let mut column =
            json!({ "name": self.name, "type": self.kind, "jsonPath": self.json_path });
        if self.priority != 0 {
            column["priority"] = self.priority.into();
        }
        column
    }

    fn from_definition(column: &Value) -> Option<Self> {
        Some(Self {
            name: column["name"].as_str()?.to_owned(),
            kind: column["type"].as_str()?.to_owned(),
            json_path: column["jsonPath"].as_str()?.to_owned(),
            priority: column["priority"].as_i64().unwrap_or_default(),
        })
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn strings(list: &Value) -> Vec<String> {
    each(list)
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ResourceSpec;

    #[test]
    fn a_specification_survives_the_way_through_its_definition() {
        let mut spec =
            ResourceSpec::namespaced("ptp.openshift.io/v1", "NodePtpDevice", "nodeptpdevices")
                .short_name("npd")
                .column("State", "string", ".status.state");
        spec.selectable_fields.push("spec.node".to_owned());
        assert_eq!(
            ResourceSpec::from_definition(&spec.definition()),
            vec![spec]
        );
    }
}
