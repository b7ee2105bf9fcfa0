//! A bare protocol client: one connection, one request at a time.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use helenus_protocol::{
    AuthResponse, BoundValues, Compression, Consistency, DecodeRow, EncodeRow, Event, Execute,
    FrameCodec, FrameFlags, FrameHeader, Prepare, Prepared, ProtocolVersion, Query,
    QueryParameters, Register, Request, Response, ResponseBody, Rows, ServerError, Startup,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const V4: ProtocolVersion = ProtocolVersion::V4;

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    input: BytesMut,
    codec: FrameCodec,
    next_stream: i16,
    events: Vec<Event>,
}

impl Client {
    /// A connection on which nothing was said yet.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            input: BytesMut::new(),
            codec: FrameCodec::new(V4),
            next_stream: 0,
            events: Vec::new(),
        }
    }

    /// A connection that is ready.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let mut client = Self::open(address).await;
        assert_eq!(client.call(&Request::Startup(Startup::new(None))).await, Response::Ready);
        client
    }

    /// A connection that is ready and compresses.
    pub(crate) async fn connect_compressed(address: SocketAddr) -> Self {
        let mut client = Self::open(address).await;
        client.codec.compression = Some(Compression::Lz4);
        let startup = Request::Startup(Startup::new(Some(Compression::Lz4)));
        client.send(&startup, 0, FrameFlags::NONE).await;
        assert_eq!(client.receive().await.1.response, Response::Ready);
        client
    }

    pub(crate) async fn log_in(&mut self, user: &str, password: &str) -> Response {
        let challenge = self.call(&Request::Startup(Startup::new(None))).await;
        assert!(matches!(challenge, Response::Authenticate { authenticator }
            if authenticator == "org.apache.cassandra.auth.PasswordAuthenticator"));
        let token = format!("\0{user}\0{password}");
        self.call(&Request::AuthResponse(AuthResponse { token: Some(token.as_bytes()) })).await
    }

    pub(crate) async fn call(&mut self, request: &Request<'_>) -> Response {
        self.call_with(request, FrameFlags::NONE).await.response
    }

    pub(crate) async fn call_with(
        &mut self,
        request: &Request<'_>,
        flags: FrameFlags,
    ) -> ResponseBody {
        self.next_stream = (self.next_stream + 1) % 1000;
        let stream = self.next_stream;
        self.send(request, stream, flags).await;
        loop {
            let (header, body) = self.receive().await;
            match body.response {
                Response::Event(event) if header.stream == -1 => self.events.push(event),
                _ => {
                    assert_eq!(header.stream, stream);
                    return body;
                }
            }
        }
    }

    async fn send(&mut self, request: &Request<'_>, stream: i16, flags: FrameFlags) {
        let mut frame = Vec::new();
        self.codec.encode_request(request, stream, flags, &mut frame).unwrap();
        self.stream.write_all(&frame).await.unwrap();
    }

    /// Sends a body byte by byte, on stream 0.
    pub(crate) async fn raw(&mut self, opcode: u8, body: &[u8]) -> Response {
        let mut frame = vec![4, 0, 0, 0, opcode];
        frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        frame.extend(body);
        self.stream.write_all(&frame).await.unwrap();
        self.receive().await.1.response
    }

    pub(crate) async fn receive(&mut self) -> (FrameHeader, ResponseBody) {
        timeout(Duration::from_secs(10), self.receive_frame())
            .await
            .expect("an answer within ten seconds")
    }

    async fn receive_frame(&mut self) -> (FrameHeader, ResponseBody) {
        loop {
            if let Some(header) = FrameHeader::decode(&self.input).unwrap() {
                let end = FrameHeader::LENGTH + header.length as usize;
                if self.input.len() >= end {
                    let mut body = self.input.split_to(end).freeze();
                    body.advance(FrameHeader::LENGTH);
                    let body = self.codec.open(&header, body, 1 << 28).unwrap();
                    let response =
                        ResponseBody::decode(header.version, header.flags, header.opcode, &body)
                            .unwrap();
                    return (header, response);
                }
            }
            assert_ne!(
                self.stream.read_buf(&mut self.input).await.unwrap(),
                0,
                "the server closed the connection"
            );
        }
    }

    /// The next event, perhaps one that came among answers.
    pub(crate) async fn event(&mut self) -> Event {
        if !self.events.is_empty() {
            return self.events.remove(0);
        }
        match self.receive().await.1.response {
            Response::Event(event) => event,
            other => panic!("no event: {other:?}"),
        }
    }

    pub(crate) async fn register(&mut self) {
        assert_eq!(self.call(&Request::Register(Register::all())).await, Response::Ready);
    }

    pub(crate) async fn query(&mut self, cql: &str) -> Response {
        self.query_with(cql, parameters()).await
    }

    pub(crate) async fn query_with(
        &mut self,
        cql: &str,
        parameters: QueryParameters<'_>,
    ) -> Response {
        self.call(&Request::Query(Query { cql, parameters })).await
    }

    /// Runs a statement that is to succeed without rows.
    pub(crate) async fn run(&mut self, cql: &str) {
        let response = self.query(cql).await;
        let done = matches!(
            response,
            Response::Void | Response::SchemaChange(_) | Response::SetKeyspace(_)
        );
        assert!(done, "{cql}: {response:?}");
    }

    pub(crate) async fn rows(&mut self, cql: &str) -> Rows {
        match self.query(cql).await {
            Response::Rows(rows) => rows,
            other => panic!("{cql}: {other:?}"),
        }
    }

    /// The rows of a query as `T`.
    pub(crate) async fn select<T: for<'a> DecodeRow<'a>>(&mut self, cql: &str) -> Vec<T> {
        typed(&self.rows(cql).await)
    }

    pub(crate) async fn error(&mut self, cql: &str) -> ServerError {
        error(self.query(cql).await)
    }

    pub(crate) async fn prepare(&mut self, cql: &str) -> Prepared {
        match self.call(&Request::Prepare(Prepare { cql, keyspace: None })).await {
            Response::Prepared(prepared) => prepared,
            other => panic!("{cql}: {other:?}"),
        }
    }

    pub(crate) async fn execute(&mut self, prepared: &Prepared, row: &impl EncodeRow) -> Response {
        let bound = BoundValues::encode(row, &prepared.metadata.columns).unwrap();
        self.execute_with(
            &prepared.id,
            QueryParameters { values: bound.as_values(), ..parameters() },
        )
        .await
    }

    pub(crate) async fn execute_with(
        &mut self,
        id: &Bytes,
        parameters: QueryParameters<'_>,
    ) -> Response {
        self.call(&Request::Execute(Execute { id, result_metadata_id: None, parameters })).await
    }

    /// Makes a keyspace `ks` and uses it.
    pub(crate) async fn use_keyspace(&mut self) {
        self.run(
            "CREATE KEYSPACE IF NOT EXISTS ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        )
        .await;
        self.run("USE ks").await;
    }
}

pub(crate) fn parameters() -> QueryParameters<'static> {
    QueryParameters::new(Consistency::LocalOne)
}

pub(crate) fn typed<T: for<'a> DecodeRow<'a>>(rows: &Rows) -> Vec<T> {
    let columns = rows.metadata.columns.as_deref().expect("metadata");
    rows.typed(columns).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn rows(response: Response) -> Rows {
    match response {
        Response::Rows(rows) => rows,
        other => panic!("no rows: {other:?}"),
    }
}

pub(crate) fn error(response: Response) -> ServerError {
    match response {
        Response::Error(error) => error,
        other => panic!("no error: {other:?}"),
    }
}
