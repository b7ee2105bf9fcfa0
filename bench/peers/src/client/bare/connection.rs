use std::time::Instant;

use bytes::{Bytes, BytesMut};
use fastrand::Rng;
use helenus_protocol::{
    BoundValues, Consistency, Execute, FrameFlags, FrameHeader, Opcode, Prepare, Prepared,
    QueryParameters, Request, Response, ResponseBody, Startup,
};

use super::channel::Channel;
use super::wire::{Wire, compression};
use crate::Error;
use crate::client::load::{Done, Latencies, Limit};
use crate::client::scan::Scan;
use crate::client::{Options, Workload};
use crate::items::{PAGE_ROWS, PAYLOAD, READ, SCAN, WRITE, payload};

const READ_BUFFER: usize = 256 * 1024;
const STREAM: std::ops::Range<usize> = 2..4;
/// Where the key of the only row stands, counted from the end of the answer: before it and the payload their lengths.
const KEY_FROM_END: usize = 8 + 4 + PAYLOAD;

/// A connection with a window of requests that wait for their answers.
pub(super) struct Connection {
    channel: Channel,
    wire: Wire,
    received: BytesMut,
    wrapped: Vec<u8>,
    workload: Workload,
    keys: u64,
    random: Rng,
    statement: Prepared,
    /// An EXECUTE, and where its key stands.
    template: (Vec<u8>, usize),
    /// What waits for an answer, by stream.
    slots: Vec<Slot>,
}

#[derive(Clone, Copy)]
struct Slot {
    key: [u8; 8],
    asked: Instant,
}

impl Connection {
    pub(super) async fn open(options: &Options, window: u32, number: u32) -> Result<Self, Error> {
        let mut wire = Wire::new(options);
        let mut channel = Channel::open(options).await?;
        let mut received = BytesMut::new();
        let startup = Request::Startup(Startup::new(compression(options)));
        channel.write_all(&wire.encode(&startup)?).await?;
        wire.start(options);
        // READY comes outside of segments, as all that goes before it.
        while received.len() < FrameHeader::LENGTH {
            channel.read(&mut received).await?;
        }
        let header = FrameHeader::decode(&received)?.ok_or("no answer to STARTUP")?;
        if header.opcode != Opcode::Ready {
            return Err(format!("STARTUP was answered with {:?}", header.opcode).into());
        }
        while received.len() < FrameHeader::LENGTH + header.length as usize {
            channel.read(&mut received).await?;
        }
        received.clear();
        let slot = Slot { key: [0; 8], asked: Instant::now() };
        let mut connection = Self {
            channel,
            wire,
            received,
            wrapped: Vec::new(),
            workload: options.workload,
            keys: options.keys,
            random: Rng::with_seed(number.into()),
            statement: Prepared {
                id: Bytes::new(),
                result_metadata_id: None,
                metadata: Default::default(),
                result: Default::default(),
            },
            template: (Vec::new(), 0),
            slots: vec![slot; window as usize],
        };
        connection.prepare().await?;
        Ok(connection)
    }

    async fn prepare(&mut self) -> Result<(), Error> {
        let cql = match self.workload {
            Workload::Write => WRITE,
            Workload::Scan => SCAN,
            _ => READ,
        };
        let request = Request::Prepare(Prepare { cql, keyspace: None });
        let frame = self.wire.encode(&request)?;
        self.send(&frame).await?;
        self.statement = match self.receive().await? {
            Response::Prepared(prepared) => prepared,
            other => return Err(format!("PREPARE was answered with {other:?}").into()),
        };
        let key = 0x9d1c_f3a7_52e8_0b64_u64.cast_signed();
        let markers = &self.statement.metadata.columns;
        let values = match self.workload {
            Workload::Write => BoundValues::encode(&(key, &payload(0)[..]), markers)?,
            Workload::Scan => BoundValues::default(),
            _ => BoundValues::encode(&(key,), markers)?,
        };
        let frame = self.wire.encode(&self.execute(&values, None))?;
        let key = frame.windows(8).position(|window| window == key.to_be_bytes());
        self.template = (frame, key.unwrap_or_default());
        Ok(())
    }

    fn execute<'a>(&'a self, values: &'a BoundValues, state: Option<&'a [u8]>) -> Request<'a> {
        let is_scan = self.workload == Workload::Scan;
        let parameters = QueryParameters {
            values: values.as_values(),
            skip_metadata: true,
            page_size: is_scan.then_some(PAGE_ROWS as i32),
            paging_state: state,
            ..QueryParameters::new(Consistency::LocalQuorum)
        };
        let Prepared { id, result_metadata_id, .. } = &self.statement;
        Request::Execute(Execute {
            id,
            result_metadata_id: result_metadata_id.as_deref(),
            parameters,
        })
    }

    async fn send(&mut self, frames: &[u8]) -> Result<(), Error> {
        let wrapped = self.wire.wrap(frames, &mut self.wrapped);
        Ok(self.channel.write_all(wrapped).await?)
    }

    async fn frame(&mut self) -> Result<(FrameHeader, Bytes), Error> {
        loop {
            if let Some(frame) = self.wire.next(&mut self.received)? {
                return Ok(frame);
            }
            // A page is read into one piece of memory, and not moved again and again while it arrives.
            self.received.reserve(match self.wire.missing(&self.received) {
                0 => READ_BUFFER,
                missing => missing,
            });
            self.channel.read(&mut self.received).await?;
        }
    }

    async fn receive(&mut self) -> Result<Response, Error> {
        let (header, body) = self.frame().await?;
        let flags = FrameFlags::NONE;
        Ok(ResponseBody::decode(header.version, flags, header.opcode, &body)?.response)
    }

    pub(super) async fn run(&mut self, limit: Limit, latencies: &Latencies) -> Result<Done, Error> {
        match self.workload {
            Workload::Scan => self.scan_until(limit, latencies).await,
            _ => self.run_window(limit, latencies).await,
        }
    }

    /// Keeps the window full until the limit, then waits for the answers that are still out.
    async fn run_window(&mut self, limit: Limit, latencies: &Latencies) -> Result<Done, Error> {
        let mut frames = Vec::new();
        let (mut asked, mut answered) = (0, 0);
        let now = Instant::now();
        for stream in 0..self.slots.len() {
            if !limit.is_reached(asked, now) {
                self.ask(stream, now, &mut frames);
                asked += 1;
            }
        }
        while answered < asked {
            self.send(&frames).await?;
            frames.clear();
            let mut next = Some(self.frame().await?);
            let now = Instant::now();
            while let Some((header, body)) = next {
                let stream = usize::try_from(header.stream)?;
                self.check(stream, header.opcode, &body)?;
                latencies.record(now - self.slots[stream].asked);
                answered += 1;
                if !limit.is_reached(asked, now) {
                    self.ask(stream, now, &mut frames);
                    asked += 1;
                }
                next = self.wire.next(&mut self.received)?;
            }
        }
        Ok(Done { requests: answered, rows: answered })
    }

    fn ask(&mut self, stream: usize, now: Instant, frames: &mut Vec<u8>) {
        let key = self.random.u64(..self.keys).to_be_bytes();
        self.slots[stream] = Slot { key, asked: now };
        let (template, at) = &self.template;
        let start = frames.len();
        frames.extend_from_slice(template);
        let frame = &mut frames[start..];
        frame[STREAM].copy_from_slice(&(stream as u16).to_be_bytes());
        frame[*at..at + key.len()].copy_from_slice(&key);
    }

    fn check(&self, stream: usize, opcode: Opcode, body: &[u8]) -> Result<(), Error> {
        let slot = self.slots.get(stream).ok_or("an answer to what was not asked")?;
        let at = body.len().saturating_sub(KEY_FROM_END);
        let is_right = match self.workload {
            Workload::Write => body == 1_i32.to_be_bytes(),
            _ => body.get(at..at + 8) == Some(&slot.key),
        };
        match is_right && opcode == Opcode::Result {
            true => Ok(()),
            false => Err(format!("{opcode:?} {body:?} came for the key {:?}", slot.key).into()),
        }
    }

    async fn scan_until(&mut self, limit: Limit, latencies: &Latencies) -> Result<Done, Error> {
        let mut done = Done::default();
        let mut scans = 0;
        while !limit.is_reached(scans, Instant::now()) {
            let mut scan = Scan::new(latencies);
            self.scan(&mut scan).await?;
            let (requests, rows) = scan.finish(self.keys)?;
            done += Done { requests, rows };
            scans += 1;
        }
        Ok(done)
    }

    async fn scan(&mut self, scan: &mut Scan<'_>) -> Result<(), Error> {
        let columns = self.statement.result.columns.clone().unwrap_or_default();
        let mut state = None;
        loop {
            let frame =
                self.wire.encode(&self.execute(&BoundValues::default(), state.as_deref()))?;
            self.send(&frame).await?;
            let Response::Rows(rows) = self.receive().await? else {
                return Err("a scan gave no rows".into());
            };
            for row in rows.typed::<(i64, &[u8])>(&columns)? {
                let (id, payload) = row?;
                scan.row(id, payload);
            }
            scan.page();
            match rows.metadata.paging_state {
                Some(next) => state = Some(next),
                None => return Ok(()),
            }
        }
    }
}
