//! Event, as `v1` and as `events.k8s.io/v1` write it.

use crate::wire::meta::Metadata;
use crate::wire::notes::Text;
use crate::wire::scalar::Time;
use crate::wire::shape::object;

object! {
    /// An Event of either API.
    Event {
        metadata: Metadata = "metadata" required,
        involved: About = "involvedObject",
        regarding: About = "regarding",
        kind: Text = "type",
        reason: Text = "reason",
        message: Text = "message",
        note: Text = "note",
        count: u32 = "count",
        deprecated_count: u32 = "deprecatedCount",
        series: Series = "series",
        event_time: Time = "eventTime",
        first: Time = "firstTimestamp",
        last: Time = "lastTimestamp",
        deprecated_first: Time = "deprecatedFirstTimestamp",
        deprecated_last: Time = "deprecatedLastTimestamp",
    }
}

object! {
    /// The object that an event is about.
    About {
        kind: Text = "kind",
        namespace: Text = "namespace",
        name: Text = "name",
        uid: Text = "uid",
    }
}

object! {
    /// `series`.
    Series {
        count: u32 = "count",
        last: Time = "lastObservedTime",
    }
}
