//! What makes two requests the same.

use bytes::Bytes;
use helenus_protocol::{Dialect, FrameHeader, Opcode, ProtocolVersion, Request, RequestBody};

/// A request without what changes each time: its stream, its timestamp, and what drivers say of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RequestKey {
    version: ProtocolVersion,
    opcode: Opcode,
    body: Bytes,
}

impl RequestKey {
    /// The key of a request with this body, which is not compressed.
    pub(super) fn new(dialect: Dialect, header: &FrameHeader, body: &Bytes) -> Self {
        let (version, opcode) = (header.version, header.opcode);
        let body = match opcode {
            Opcode::Query | Opcode::Execute | Opcode::Batch => {
                timeless(dialect, header, body).unwrap_or_else(|| body.clone())
            }
            Opcode::Prepare => body.clone(),
            _ => Bytes::new(),
        };
        Self { version, opcode, body }
    }
}

/// A request's body without timestamp and tracing; `None` for one that cannot be read.
fn timeless(dialect: Dialect, header: &FrameHeader, body: &Bytes) -> Option<Bytes> {
    let body = RequestBody::decode(dialect, header.flags, header.opcode, body).ok()?;
    let mut request = body.request;
    let parameters = match &mut request {
        Request::Query(query) => &mut query.parameters,
        Request::Execute(execute) => &mut execute.parameters,
        Request::Batch(batch) => &mut batch.parameters,
        _ => return None,
    };
    parameters.timestamp = None;
    parameters.now_in_seconds = None;
    let mut encoded = Vec::new();
    request.encode(header.version, &mut encoded).ok()?;
    Some(encoded.into())
}

/// A request as people read it.
pub(super) fn describe(dialect: Dialect, header: &FrameHeader, body: &Bytes) -> String {
    let name = format!("{:?}", header.opcode).to_uppercase();
    let decoded = RequestBody::decode(dialect, header.flags, header.opcode, body);
    match decoded.map(|body| body.request) {
        Ok(Request::Query(query)) => format!("{name}: {}", query.cql),
        Ok(Request::Prepare(prepare)) => format!("{name}: {}", prepare.cql),
        Ok(Request::Execute(execute)) => {
            let id: String = execute.id.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{name} of {id}, values of {} bytes", body.len())
        }
        _ => name,
    }
}
