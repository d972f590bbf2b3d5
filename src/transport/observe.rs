use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is no connection.
    Connecting,
    /// There is none for https: what is interrupted now is the handshake.
    Handshake,
    /// The request is being written.
    Writing,
    /// It is fully written, so it may have had its effect.
    Sent,
}

/// Notes when a request is fully written: the moment at which ureq begins to wait for the answer. ureq's errors do not
/// say it, and it decides whether an attempt may have had its effect.
#[derive(Clone, Debug)]
pub(super) struct Observed(Arc<Mutex<Progress>>);

impl Observed {
    /// Before a request over TLS, or without it.
    pub(super) fn new(tls: bool) -> Self {
        let progress = if tls {
            Progress::Handshake
        } else {
            Progress::Connecting
        };
        Self(Arc::new(Mutex::new(progress)))
    }

    pub(super) fn progress(&self) -> Progress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// What connects: proxy, TCP and TLS as ureq does it, with this outermost, so that handshakes are not noted.
    pub(super) fn connector(&self) -> impl Connector {
        DefaultConnector::new().chain(self.clone())
    }
}

impl<In: Transport> Connector<In> for Observed {
    type Out = Watched<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        // The talk with a proxy that comes before this is none of the request's.
        self.set(Progress::Writing);
        Ok(chained.map(|inner| Watched {
            inner,
            observed: self.clone(),
        }))
    }
}

pub(super) struct Watched<In> {
    inner: In,
    observed: Observed,
}

impl<In: Transport> Transport for Watched<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.observed.set(Progress::Sent);
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<In> fmt::Debug for Watched<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}
