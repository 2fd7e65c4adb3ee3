//! Event, of either API.

use crate::lower::Lower;
use crate::lower::context::{Context, filled, name, time};
use crate::model::event::Event;
use crate::model::object::Fact;
use crate::wire::event as wire;

impl Lower for wire::Event {
    fn lower(self, context: &mut Context<'_>) -> Fact {
        let meta = context.meta(self.metadata);
        let about = self.involved.or(self.regarding).unwrap_or_default();
        let series = self.series.unwrap_or_default();
        let counts = [self.count, self.deprecated_count, series.count];
        let times = [
            self.first,
            self.last,
            self.deprecated_first,
            self.deprecated_last,
            self.event_time,
            series.last,
        ];
        let last = times.into_iter().flatten().max();
        Fact::Event(Event {
            about_kind: name(about.kind),
            about_namespace: filled(about.namespace)
                .or_else(|| meta.key.namespace.clone())
                .unwrap_or_default(),
            about_name: name(about.name),
            about_uid: name(about.uid),
            warning: self.kind.as_deref() == Some("Warning"),
            reason: name(self.reason),
            message: name(filled_first(self.message, self.note)),
            count: counts.into_iter().flatten().max().unwrap_or(1).max(1),
            last: time(last).or(meta.created),
            meta,
        })
    }
}

fn filled_first<T: AsRef<str>>(first: Option<T>, second: Option<T>) -> Option<T> {
    first.filter(|text| !text.as_ref().is_empty()).or(second)
}
