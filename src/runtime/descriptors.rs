//! How many connections fit: each of a forward takes two descriptors, and many systems allow 1,024 at first, though a
//! process may ask for more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for some thousand connections at once, and no more than every system grants.
const ENOUGH: u64 = 10_240;

/// Asks for as many descriptors as forwards may need, as far as the system allows. Where it refuses, connections
/// beyond the limit wait.
pub fn allow_many() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "no more descriptors");
    }
}

#[cfg(test)]
mod tests {
    use super::{ENOUGH, allow_many};
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn as_many_as_the_system_allows_and_never_fewer_than_before() {
        let before = getrlimit(Resource::Nofile);
        allow_many();
        let now = getrlimit(Resource::Nofile);
        let wanted = before.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
        assert!(now.current.is_none_or(|current| current >= wanted));
        assert_eq!(now.maximum, before.maximum);
    }
}
