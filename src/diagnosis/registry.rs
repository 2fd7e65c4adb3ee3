//! Every rule, one line each, and every code that has a page.

use crate::diagnosis::rule::Rule;
use crate::diagnosis::rules::{ingress, object, pod, policy, service, tls};
use crate::model::kind::Kind;

/// Every rule, by code.
pub const RULES: &[Rule] = &[
    ingress::backend_service_missing::RULE,
    ingress::backend_port_missing::RULE,
    ingress::no_ready_backend::RULE,
    ingress::class_missing::RULE,
    ingress::no_class::RULE,
    ingress::controller_not_ready::RULE,
    ingress::without_address::RULE,
    ingress::duplicate_path::RULE,
    ingress::host_is_regex::RULE,
    ingress::path_is_regex::RULE,
    ingress::several_default_classes::RULE,
    ingress::class_twice::RULE,
    ingress::foreign_annotation::RULE,
    ingress::path_unreachable::RULE,
    ingress::snippet::RULE,
    ingress::canary_orphan::RULE,
    ingress::external_name_backend::RULE,
    ingress::tls_hosts::RULE,
    ingress::annotation_invalid::RULE,
    ingress::ingress_port_refused::RULE,
    ingress::rewrite_group_missing::RULE,
    ingress::other_backend_missing::RULE,
    ingress::login_impossible::RULE,
    ingress::login_service_missing::RULE,
    ingress::passthrough_off::RULE,
    ingress::class_parameters::RULE,
    ingress::backend_protocol::RULE,
    ingress::class_closed::RULE,
    policy::policy_selects_nothing::RULE,
    policy::peer_matches_nothing::RULE,
    policy::port_is_the_services::RULE,
    policy::named_port_absent::RULE,
    policy::section_ignored::RULE,
    policy::dns_blocked::RULE,
    policy::controller_blocked::RULE,
    policy::namespace_label_missing::RULE,
    policy::and_or::RULE,
    policy::unprotected::RULE,
    policy::duplicate_policy::RULE,
    policy::never_read::RULE,
    policy::equal_priority::RULE,
    policy::cilium_refuses::RULE,
    policy::subject_matches_nobody::RULE,
    policy::only_host_network::RULE,
    policy::one_family::RULE,
    object::schema_defect::RULE,
    pod::probe_failing::RULE,
    pod::crash_loop::RULE,
    pod::image_pull::RULE,
    pod::readiness_gate::RULE,
    pod::pending::RULE,
    pod::no_address::RULE,
    pod::not_ready::RULE,
    pod::settling::RULE,
    pod::duplicate_address::RULE,
    pod::probe_port_unknown::RULE,
    pod::port_twice::RULE,
    pod::subdomain::RULE,
    pod::host_port_clash::RULE,
    service::selector_matches_nothing::RULE,
    service::target_port_name_missing::RULE,
    service::no_ready_endpoint::RULE,
    service::no_selector_no_slices::RULE,
    service::some_endpoints_not_ready::RULE,
    service::target_port_name_partly_missing::RULE,
    service::target_port_protocol::RULE,
    service::scaled_to_zero::RULE,
    service::external_name_is_address::RULE,
    service::internal_local_elsewhere::RULE,
    service::external_local_black_hole::RULE,
    service::load_balancer_pending::RULE,
    service::slice_port_name::RULE,
    service::slice_without_service::RULE,
    service::slice_bad_address::RULE,
    service::proxy_ignores::RULE,
    service::family_gap::RULE,
    service::slice_stale::RULE,
    service::stateful_set_service::RULE,
    service::slice_several_addresses::RULE,
    service::container_port_protocol::RULE,
    service::unready_published::RULE,
    service::hints_incomplete::RULE,
    service::topology_twice::RULE,
    service::load_balancer_port_error::RULE,
    service::load_balancer_stuck::RULE,
    service::alias_of_nothing::RULE,
    service::dual_stack_required::RULE,
    tls::secret_missing::RULE,
    tls::secret_unusable::RULE,
    tls::key_mismatch::RULE,
    tls::certificate_out_of_date::RULE,
    tls::certificate_ends_soon::RULE,
    tls::host_not_covered::RULE,
    tls::chain_out_of_order::RULE,
    tls::self_signed::RULE,
    tls::two_certificates::RULE,
    tls::not_for_servers::RULE,
    tls::issuer_missing::RULE,
    tls::issuer_not_ready::RULE,
    tls::certificate_not_ready::RULE,
];

/// A code that traces cite although no object is at fault: the request is, or what could be read.
#[derive(Clone, Copy, Debug)]
pub struct RequestCode {
    /// `REQ` and a number.
    pub code: &'static str,
    /// Doc anchor.
    pub slug: &'static str,
    /// A few words for lists.
    pub title: &'static str,
    /// The page, in Markdown with fixed headings.
    pub page: &'static str,
}

/// The codes of requests.
pub const REQUESTS: &[RequestCode] = &[
    RequestCode {
        code: "NP001",
        slug: "policy-denies",
        title: "denied by policies",
        page: include_str!("rules/policy/policy_denies.md"),
    },
    RequestCode {
        code: "NP002",
        slug: "policy-open",
        title: "left open by policies",
        page: include_str!("rules/policy/policy_open.md"),
    },
    RequestCode {
        code: "REQ001",
        slug: "destination-missing",
        title: "destination missing",
        page: include_str!("rules/request/destination_missing.md"),
    },
    RequestCode {
        code: "REQ002",
        slug: "port-not-served",
        title: "port not served",
        page: include_str!("rules/request/port_not_served.md"),
    },
    RequestCode {
        code: "REQ003",
        slug: "no-route",
        title: "no route",
        page: include_str!("rules/request/no_route.md"),
    },
    RequestCode {
        code: "REQ004",
        slug: "policies-not-judged",
        title: "policies not judged",
        page: include_str!("rules/request/policies_not_judged.md"),
    },
    RequestCode {
        code: "REQ005",
        slug: "controller-unseen",
        title: "controller not seen",
        page: include_str!("rules/request/controller_unseen.md"),
    },
    RequestCode {
        code: "REQ006",
        slug: "unreadable",
        title: "kind cannot be read",
        page: include_str!("rules/request/unreadable.md"),
    },
    RequestCode {
        code: "REQ007",
        slug: "outside-cluster",
        title: "outside the cluster",
        page: include_str!("rules/request/outside_cluster.md"),
    },
    RequestCode {
        code: "REQ008",
        slug: "no-way-in",
        title: "no way in",
        page: include_str!("rules/request/no_way_in.md"),
    },
    RequestCode {
        code: "REQ009",
        slug: "only-elsewhere",
        title: "endpoints elsewhere only",
        page: include_str!("rules/request/only_elsewhere.md"),
    },
    RequestCode {
        code: "REQ010",
        slug: "family-mismatch",
        title: "no common IP family",
        page: include_str!("rules/request/family_mismatch.md"),
    },
    RequestCode {
        code: "REQ011",
        slug: "source-ranges",
        title: "kept out by source ranges",
        page: include_str!("rules/request/source_ranges.md"),
    },
    RequestCode {
        code: "REQ014",
        slug: "client-not-allowed",
        title: "client not allowed",
        page: include_str!("rules/request/client_not_allowed.md"),
    },
    RequestCode {
        code: "REQ015",
        slug: "way-not-judged",
        title: "way in that is not judged",
        page: include_str!("rules/request/way_not_judged.md"),
    },
    RequestCode {
        code: "TLS020",
        slug: "certificate-not-seen",
        title: "certificate not seen",
        page: include_str!("rules/tls/certificate_not_seen.md"),
    },
];

/// The rules by the kind of their subjects: made once for a whole run of judging.
#[derive(Debug)]
pub struct Rulebook(Vec<Vec<&'static Rule>>);

impl Rulebook {
    /// Every rule, filed under each of its kinds.
    pub fn new() -> Self {
        let on = |kind: &Kind| RULES.iter().filter(|rule| rule.on.contains(kind)).collect();
        Self(Kind::ALL.iter().map(on).collect())
    }

    /// The rules on a kind, by code.
    pub fn on(&self, kind: Kind) -> &[&'static Rule] {
        self.0.get(kind as usize).map_or(&[], Vec::as_slice)
    }
}

impl Default for Rulebook {
    fn default() -> Self {
        Self::new()
    }
}
