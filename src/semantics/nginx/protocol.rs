//! In which protocol a backend is asked (`backend-protocol`), and whether it speaks another one.

use crate::model::ingress::Ingress;
use crate::model::service::{Service, ServicePort};
use crate::model::view::View;
use crate::semantics::nginx::annotation::{Form, text};
use crate::semantics::speech::{self, Said, Speech};

/// The annotation.
pub const NAME: &str = "backend-protocol";

/// The protocol; HTTP where none is set that is taken.
pub fn asked(ingress: &Ingress) -> String {
    text(ingress, NAME)
        .map(str::to_ascii_uppercase)
        .filter(|word| Form::Protocol.takes(word))
        .unwrap_or_else(|| "HTTP".to_owned())
}

/// The protocol of the same kind that a port would understand.
pub fn meant(ingress: &Ingress, speech: Speech) -> &'static str {
    let streams = asked(ingress).starts_with("GRPC");
    match (streams, speech) {
        (true, Speech::Tls) => "GRPCS",
        (true, Speech::Plain) => "GRPC",
        (false, Speech::Tls) => "HTTPS",
        (false, Speech::Plain) => "HTTP",
    }
}

/// Who says that a port speaks TLS where it is asked without, or the other way round. With `AUTO_HTTP` a backend is
/// asked as the client asks, and FastCGI is its own world: nothing is said of these.
pub fn clash(
    view: &View<'_>,
    ingress: &Ingress,
    service: &Service,
    port: &ServicePort,
) -> Option<Said> {
    let with = match asked(ingress).as_str() {
        "HTTP" | "GRPC" => Speech::Plain,
        "HTTPS" | "GRPCS" => Speech::Tls,
        _ => return None,
    };
    speech::of(view, service, port).filter(|said| said.speech != with)
}
