//! What policies say, kept as it was understood: four APIs have one meaning here, and a rule that could not be read
//! must come back as one that could not be read.

use crate::model::key::Name;
use crate::model::labels::Selector;
use crate::model::policy::{Force, Places, Policy, Refusal, Section, Subject, Tier};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A policy without its metadata.
#[derive(Serialize, Deserialize)]
struct Said {
    tier: Tier,
    subject: Subject,
    types: Option<Box<[Name]>>,
    ingress: Section,
    egress: Section,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<Refusal>,
}

/// What a policy says, to be written.
pub(super) fn said(policy: &Policy) -> Value {
    let said = Said {
        tier: policy.tier,
        subject: policy.subject.clone(),
        types: policy.types.clone(),
        ingress: policy.ingress.clone(),
        egress: policy.egress.clone(),
        refused: policy.refused.clone(),
    };
    serde_json::to_value(said).unwrap_or_default()
}

/// Gives a policy back what it said. Where that is not there, or not as this version writes it, nothing is certain
/// of the policy.
pub(super) fn restore(policy: &mut Policy, said: Option<&Value>) {
    let said = said.and_then(|said| Said::deserialize(said).ok());
    let said = said.unwrap_or_else(unreadable);
    policy.tier = said.tier;
    policy.subject = said.subject;
    policy.types = said.types;
    policy.ingress = said.ingress;
    policy.egress = said.egress;
    policy.refused = said.refused;
}

fn unreadable() -> Said {
    let unclear = || Section {
        force: Force::Unclear,
        rules: Box::default(),
    };
    Said {
        tier: Tier::Foreign,
        subject: Subject {
            namespaces: Places::Selected(Selector::default()),
            pods: Selector::malformed(),
        },
        types: None,
        ingress: unclear(),
        egress: unclear(),
        refused: None,
    }
}
