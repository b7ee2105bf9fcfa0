//! A client, and the connection to the node that it gets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use helenus_protocol::{Direction, FrameHeader, SegmentFormat};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::conversation::{Conversation, Delivery, Passage};
use super::outbound::Outbound;
use super::state::OpenConnection;
use crate::fault::Effect;
use crate::recording::{Event, Record, RecordSender};
use crate::server::{DelayedAnswers, End, Framing, SpoiltAnswer};

const READ_BUFFER: usize = 64 * 1024;
/// Bytes that may wait for one side before the other is read no further.
const WAITING: usize = 1024 * 1024;
/// How long a client has to read what comes before the end.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a client until one side closes.
pub(super) async fn serve(client: TcpStream, open: OpenConnection) {
    let address = open.client;
    let open = Arc::new(open);
    let mut relay = Relay {
        conversation: Conversation::new(open.clone()),
        records: open.state.records.clone(),
        pending: Vec::new(),
        client: Side::default(),
        node: Side::default(),
        delayed: DelayedAnswers::default(),
        is_blind: false,
        open,
    };
    relay.note(Event::Opened(address.to_string().into()));
    if let Err(error) = relay.run(client).await {
        tracing::debug!(client = %address, %error, "a proxied connection ended");
    }
    relay.note(Event::Closed);
    relay.write_records().await;
}

/// One of the two sockets.
#[derive(Debug)]
struct Side {
    framing: Framing,
    input: BytesMut,
    /// Whole frames that are not in `output` yet.
    frames: Vec<u8>,
    output: Outbound,
}

impl Default for Side {
    fn default() -> Self {
        Self {
            framing: Framing::Bare,
            input: BytesMut::new(),
            frames: Vec::new(),
            output: Outbound::default(),
        }
    }
}

impl Side {
    fn wrap(&mut self) {
        self.framing.wrap(&mut self.frames, &mut self.output.bytes);
    }

    /// The next frame, with its header; `Err` for what is none.
    fn frame(&mut self, direction: Direction) -> Result<Option<(FrameHeader, Bytes)>, Unreadable> {
        let frames = self.framing.unwrap(&mut self.input).map_err(|_| Unreadable)?;
        let Some(header) = FrameHeader::decode(frames).map_err(|_| Unreadable)? else {
            // Before a header is whole, its first byte tells whether it can be one.
            let is_other = frames.first().is_some_and(|first| !matches!(first & 0x7F, 4 | 5));
            return if is_other { Err(Unreadable) } else { Ok(None) };
        };
        if header.direction != direction {
            return Err(Unreadable);
        }
        let length = usize::try_from(header.length).map_err(|_| Unreadable)?;
        let end = FrameHeader::LENGTH + length;
        if frames.len() < end {
            return Ok(None);
        }
        Ok(Some((header, frames.split_to(end).freeze())))
    }
}

/// Bytes that this is not for.
struct Unreadable;

struct Relay {
    open: Arc<OpenConnection>,
    conversation: Conversation,
    records: Option<RecordSender>,
    /// Records that are not sent yet.
    pending: Vec<Record>,
    client: Side,
    node: Side,
    delayed: DelayedAnswers,
    /// Whether bytes are passed on as they are.
    is_blind: bool,
}

impl Relay {
    async fn run(&mut self, mut client: TcpStream) -> io::Result<()> {
        let state = self.open.state.clone();
        let connect = TcpStream::connect(state.node);
        let mut node = match timeout(state.connect_timeout, connect).await {
            Ok(Ok(node)) => node,
            Ok(Err(error)) => {
                tracing::warn!(node = %state.node, %error, "a proxy does not reach its node");
                return Err(error);
            }
            Err(_) => {
                tracing::warn!(node = %state.node, "a proxy's node does not answer");
                return Err(io::ErrorKind::TimedOut.into());
            }
        };
        client.set_nodelay(true)?;
        node.set_nodelay(true)?;
        match self.relay(&mut client, &mut node).await? {
            None => {}
            Some(End::Reset) => client.set_zero_linger()?,
            Some(End::Close) => {
                let farewell = async {
                    client.write_all(self.client.output.rest()).await?;
                    client.shutdown().await?;
                    let mut rest = [0; 1024];
                    while client.read(&mut rest).await? > 0 {}
                    Ok::<_, io::Error>(())
                };
                timeout(LINGER, farewell).await.unwrap_or(Ok(()))?;
            }
        }
        Ok(())
    }

    /// Passes bytes on until one side has no more; tells how the client's connection is to end.
    async fn relay(
        &mut self,
        client: &mut TcpStream,
        node: &mut TcpStream,
    ) -> io::Result<Option<End>> {
        let (mut client_in, mut client_out) = client.split();
        let (mut node_in, mut node_out) = node.split();
        let state = self.open.state.clone();
        let mut changes = state.changes();
        loop {
            let reads_client =
                self.node.output.rest().len() < WAITING && !state.faults.pauses_reads(self.open.id);
            let reads_node = self.client.output.rest().len() < WAITING;
            self.client.input.reserve(READ_BUFFER);
            self.node.input.reserve(READ_BUFFER);
            let (to_client, to_node) = (&self.client.output, &self.node.output);
            tokio::select! {
                read = client_in.read_buf(&mut self.client.input), if reads_client => {
                    if read? == 0 {
                        return Ok(None);
                    }
                    if let Some(end) = self.pass_requests() {
                        return Ok(Some(end));
                    }
                }
                read = node_in.read_buf(&mut self.node.input), if reads_node => {
                    if read? == 0 {
                        return Ok(Some(End::Close));
                    }
                    if let Some(end) = self.pass_answers() {
                        return Ok(Some(end));
                    }
                }
                written = client_out.write(to_client.rest()), if !to_client.is_empty() => {
                    self.client.output.wrote(written?);
                }
                written = node_out.write(to_node.rest()), if !to_node.is_empty() => {
                    self.node.output.wrote(written?);
                }
                () = self.delayed.due() => {
                    self.delayed.take_due(&mut self.client.output.bytes);
                }
                _ = changes.changed() => {}
            }
            self.write_records().await;
        }
    }

    /// The next frame that can be read; without one that can, there is none from then on.
    fn next_frame(&mut self, direction: Direction) -> Option<(FrameHeader, Bytes)> {
        if self.is_blind {
            return None;
        }
        let side = match direction {
            Direction::Request => &mut self.client,
            Direction::Response => &mut self.node,
        };
        side.frame(direction).unwrap_or_else(|Unreadable| {
            self.go_blind();
            None
        })
    }

    /// Passes on what has come from the client.
    fn pass_requests(&mut self) -> Option<End> {
        while let Some((header, frame)) = self.next_frame(Direction::Request) {
            if self.records.is_some() {
                self.note(Event::Request(self.conversation.recorded(&header, &frame)));
            }
            match self.conversation.request(&header, &frame) {
                Passage::Forward => self.node.frames.extend_from_slice(&frame),
                Passage::Refuse(answer, effects) => {
                    if self.records.is_some() {
                        self.note(Event::Answer(answer.clone().into()));
                    }
                    let delivery = Delivery { effects, segments: None };
                    if let Some(end) = self.deliver(&answer, delivery) {
                        return Some(end);
                    }
                }
            }
        }
        if self.is_blind {
            self.pass_blindly();
        }
        self.node.wrap();
        self.client.wrap();
        None
    }

    /// Passes on what has come from the node.
    fn pass_answers(&mut self) -> Option<End> {
        while let Some((header, frame)) = self.next_frame(Direction::Response) {
            if self.records.is_some() {
                self.note(Event::Answer(self.conversation.recorded(&header, &frame)));
            }
            let delivery = self.conversation.answer(&header, &frame);
            if let Some(end) = self.deliver(&frame, delivery) {
                return Some(end);
            }
        }
        if self.is_blind {
            self.pass_blindly();
        }
        self.client.wrap();
        None
    }

    /// Gives the client a frame, or what faults make of it.
    fn deliver(&mut self, frame: &[u8], Delivery { effects, segments }: Delivery) -> Option<End> {
        let end = if effects.is_empty() {
            self.client.frames.extend_from_slice(frame);
            None
        } else {
            self.spoil(frame, effects)
        };
        if let Some(format) = segments {
            self.use_segments(format);
        }
        end
    }

    fn spoil(&mut self, frame: &[u8], effects: Vec<Effect>) -> Option<End> {
        self.client.wrap();
        let spoilt = SpoiltAnswer::new(frame.to_vec(), effects, &mut self.client.framing);
        match spoilt.delay {
            None => self.client.output.bytes.extend_from_slice(&spoilt.bytes),
            Some(delay) => self.delayed.push(delay, spoilt.bytes),
        }
        spoilt.end
    }

    /// STARTUP was answered: both ends go on in segments.
    fn use_segments(&mut self, format: SegmentFormat) {
        for side in [&mut self.client, &mut self.node] {
            side.wrap();
            side.framing = Framing::segmented(format);
        }
    }

    /// Looks at nothing any more. What was not understood is passed on first.
    fn go_blind(&mut self) {
        tracing::warn!(client = %self.open.client, "a proxied connection is passed through unread");
        self.is_blind = true;
        for side in [&mut self.client, &mut self.node] {
            side.wrap();
        }
    }

    fn pass_blindly(&mut self) {
        let Self { client, node, .. } = self;
        node.output.bytes.extend_from_slice(&client.input.split());
        client.output.bytes.extend_from_slice(&node.input.split());
    }

    fn note(&mut self, event: Event) {
        if let Some(records) = &self.records {
            self.pending.push(records.record(self.open.id.0, event));
        }
    }

    async fn write_records(&mut self) {
        if let Some(records) = &self.records {
            for record in self.pending.drain(..) {
                records.send(record).await;
            }
        }
    }
}
