//! `metadata`, conditions and label selectors.

use crate::wire::notes::Text;
use crate::wire::scalar::{Pairs, Time};
use crate::wire::shape::{choice, object};

object! {
    /// `metadata`.
    Metadata {
        name: Text = "name",
        generate_name: Text = "generateName",
        namespace: Text = "namespace",
        uid: Text = "uid",
        created: Time = "creationTimestamp",
        deleted: Time = "deletionTimestamp",
        generation: i64 = "generation",
        labels: Pairs = "labels",
        annotations: Pairs = "annotations",
        owners: Vec<OwnerReference> = "ownerReferences",
        finalizers: Vec<Text> = "finalizers",
    }
}

object! {
    /// `metadata.ownerReferences[]`.
    OwnerReference {
        api_version: Text = "apiVersion",
        kind: Text = "kind",
        name: Text = "name",
        uid: Text = "uid",
        controller: bool = "controller",
    }
}

object! {
    /// An object of which only the metadata are read.
    Bare { metadata: Metadata = "metadata" required, }
}

choice! {
    /// `status` of a condition.
    TruthWord, "True, False or Unknown" { True = "True", False = "False", Unknown = "Unknown", }
}

object! {
    /// An entry of `status.conditions`.
    Condition {
        kind: Text = "type" required,
        status: TruthWord = "status",
        reason: Text = "reason",
        message: Text = "message",
        since: Time = "lastTransitionTime",
        generation: i64 = "observedGeneration",
    }
}

object! {
    /// `metav1.LabelSelector`; of a ReplicationController the plain map is read instead.
    LabelSelector {
        labels: Pairs = "matchLabels",
        expressions: Vec<Requirement> = "matchExpressions",
    }
}

object! {
    /// `matchExpressions[]`.
    Requirement {
        key: Text = "key" required,
        operator: Operator = "operator" required,
        values: Vec<Text> = "values",
    }
}

choice! {
    /// `operator` of a requirement.
    Operator, "In, NotIn, Exists or DoesNotExist" {
        In = "In",
        NotIn = "NotIn",
        Exists = "Exists",
        DoesNotExist = "DoesNotExist",
    }
}
