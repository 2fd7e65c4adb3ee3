//! `portolan/forward/v1`: one line a transition.

use crate::forward::status::{State, Transition};
use crate::forward::target::Target;
use schemars::JsonSchema;
use serde::Serialize;
use std::net::SocketAddr;

/// A line of `portolan forward -o json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line {
    /// Names this shape and its version.
    pub schema: Schema,
    /// What is forwarded: `shop/Service/api:80`.
    pub target: String,
    /// Where it listens, or was to listen: `127.0.0.1:8080`.
    pub local: String,
    /// The pod that served last; none before the first connection.
    pub pod: Option<String>,
    /// The state from now on.
    pub state: StateJson,
    /// Why, in one sentence.
    pub reason: String,
    /// Codes of the findings that explain it.
    pub codes: Vec<String>,
    /// When, by RFC 3339.
    pub at: String,
}

/// The name of the shape.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum Schema {
    /// The first version.
    #[serde(rename = "portolan/forward/v1")]
    V1,
}

/// The state of a forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StateJson {
    /// Bound; the last dial worked, or there was none yet.
    Listening,
    /// No endpoint is ready; new connections wait for one.
    Waiting,
    /// The API server cannot be reached.
    Reconnecting,
    /// The last dial failed, or the port could not be bound.
    Failed,
    /// It was told to stop.
    Stopped,
}

impl From<State> for StateJson {
    fn from(state: State) -> Self {
        match state {
            State::Listening => Self::Listening,
            State::Waiting => Self::Waiting,
            State::Reconnecting => Self::Reconnecting,
            State::Failed => Self::Failed,
            State::Stopped => Self::Stopped,
        }
    }
}

impl Line {
    /// The line of a transition.
    pub fn of(target: &Target, local: SocketAddr, transition: &Transition) -> Self {
        Self {
            schema: Schema::V1,
            target: target.to_string(),
            local: local.to_string(),
            pod: transition.pod.as_ref().map(ToString::to_string),
            state: transition.state.into(),
            reason: transition.reason.clone(),
            codes: transition.codes.iter().map(ToString::to_string).collect(),
            at: transition.at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::Key;
    use crate::model::kind::Kind;
    use crate::output::json::write_line;

    fn line() -> Line {
        let target = Target::parse("svc/api", &"shop".into(), &["80"])
            .unwrap()
            .remove(0);
        let transition = Transition {
            seq: 1,
            at: "2026-11-22T16:20:13Z".parse().unwrap(),
            state: State::Waiting,
            reason: "no endpoint is ready: api-1 \u{1b}[2J".to_owned(),
            codes: vec!["SVC003"],
            pod: Some(Key::new(Kind::Pod, "shop", "api-1")),
        };
        Line::of(&target, "127.0.0.1:8080".parse().unwrap(), &transition)
    }

    #[test]
    fn a_line_is_the_contract_to_the_letter() {
        let mut out = Vec::new();
        write_line(&mut out, &line()).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"schema\":\"portolan/forward/v1\",\"target\":\"shop/Service/api:80\",\"local\":\"127.0.0.1:8080\",\
             \"pod\":\"shop/Pod/api-1\",\"state\":\"waiting\",\"reason\":\"no endpoint is ready: api-1 \\u001b[2J\",\
             \"codes\":[\"SVC003\"],\"at\":\"2026-11-22T16:20:13Z\"}\n"
        );
    }

    #[test]
    fn a_line_fits_its_schema() {
        let schema = crate::output::json::schema::<Line>();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&serde_json::to_value(line()).unwrap()));
        let mut other = serde_json::to_value(line()).unwrap();
        other["state"] = "active".into();
        assert!(!validator.is_valid(&other));
    }
}
