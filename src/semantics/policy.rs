//! Who may talk to whom: NetworkPolicy and the policies of administrators above and below it.
//!
//! One evaluation for everything that asks: [`judge`] weighs one port of one pair, [`reach`] the whole map. A set of
//! ports walks through the tiers; what is uncertain on the way leaves a port with two possible outcomes, and such a
//! port is *unknown*: never a guess, and never more than what Kubernetes leaves open.
//!
//! Sources: `networking.k8s.io/v1` types.go; `policy.networking.k8s.io` v1alpha1 and v1alpha2 types.go; the concept
//! page *Network Policies*. `docs/policy-semantics.md` says where they leave things open and what is done then.

pub mod addition;
pub mod address;
pub mod end;
pub mod evaluate;
pub mod family;
pub mod identity;
pub mod judge;
pub mod matching;
pub mod meant;
pub mod ports;
pub mod reach;
pub mod reason;
pub mod rules;
pub mod select;
pub mod trap;
pub mod words;
