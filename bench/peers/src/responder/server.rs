use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustls::ServerConfig;
use slab::Slab;

use super::Options;
use super::cluster::{Cluster, address};
use super::connection::{Connection, Life};
use super::session::{Session, Shared};
use super::system::SystemTables;
use super::transport::{Transport, tls};
use crate::Error;

const READ_BUFFER: usize = 256 * 1024;

/// How long it looks for more before it goes to sleep: waking it costs a client that waits more than the answer does.
const SPIN: Duration = Duration::from_micros(100);

struct Server {
    poll: Poll,
    listeners: Vec<TcpListener>,
    connections: Slab<Connection>,
    shared: Rc<Shared>,
    tls: Option<Arc<ServerConfig>>,
    buffer: Vec<u8>,
}

/// Serves until the process is ended.
///
/// # Errors
/// An address that cannot be listened on, a certificate that cannot be written.
pub fn serve(options: &Options) -> Result<(), Error> {
    let mut server = Server::listen(options)?;
    let port = server.listeners[0].local_addr()?.port();
    let mut stdout = io::stdout();
    writeln!(stdout, "ready {port}")?;
    stdout.flush()?;
    let mut events = Events::with_capacity(1024);
    let mut last = Instant::now();
    loop {
        let timeout = (last.elapsed() < SPIN).then_some(Duration::ZERO);
        match server.poll.poll(&mut events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            server.happen(event.token())?;
            last = Instant::now();
        }
    }
}

impl Server {
    fn listen(options: &Options) -> Result<Self, Error> {
        let poll = Poll::new()?;
        let mut listeners = Vec::new();
        let mut port = options.port;
        for node in 0..options.nodes {
            let address = SocketAddr::from((address(node), port));
            let mut listener = TcpListener::bind(address)
                .map_err(|error| format!("{address} cannot be listened on: {error}"))?;
            port = listener.local_addr()?.port();
            poll.registry().register(&mut listener, Token(node.into()), Interest::READABLE)?;
            listeners.push(listener);
        }
        let shared = Rc::new(Shared::new(SystemTables::new(Cluster::new(options, port)))?);
        Ok(Self {
            poll,
            listeners,
            connections: Slab::new(),
            shared,
            tls: tls(options)?,
            buffer: vec![0; READ_BUFFER],
        })
    }

    fn happen(&mut self, Token(token): Token) -> Result<(), Error> {
        match token.checked_sub(self.listeners.len()) {
            None => self.accept(token),
            Some(key) => {
                self.drive(key);
                Ok(())
            }
        }
    }

    fn accept(&mut self, node: usize) -> Result<(), Error> {
        loop {
            match self.listeners[node].accept() {
                Ok((stream, _)) => self.welcome(stream, node)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn welcome(&mut self, stream: TcpStream, node: usize) -> Result<(), Error> {
        let transport = Transport::new(stream, self.tls.as_ref())?;
        let session = Session::new(Rc::clone(&self.shared), node)?;
        let entry = self.connections.vacant_entry();
        let token = Token(self.listeners.len() + entry.key());
        let connection = entry.insert(Connection::new(transport, session));
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(connection.transport.socket(), token, interests)?;
        Ok(())
    }

    fn drive(&mut self, key: usize) {
        // An event may tell of a connection that an earlier one has closed.
        let Some(connection) = self.connections.get_mut(key) else { return };
        let life = connection.drive(&mut self.buffer).unwrap_or_else(|error| {
            eprintln!("responder: a connection ends: {error}");
            Life::Closed
        });
        if life == Life::Closed {
            self.connections.remove(key);
        }
    }
}
