//! What a document says it is.

use crate::wire::notes::Text;
use crate::wire::shape::object;

object! {
    /// `apiVersion`, `kind` and the names.
    Head {
        api_version: Text = "apiVersion",
        kind: Text = "kind",
        metadata: HeadMetadata = "metadata",
    }
}

object! {
    /// The names of an object.
    HeadMetadata {
        name: Text = "name",
        generate_name: Text = "generateName",
        namespace: Text = "namespace",
    }
}
