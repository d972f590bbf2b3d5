//! A receiver on loopback that keeps what it got and answers as a test sets it. Shared by the tests and the demo.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

type Inspect = fn(&Received) -> Option<String>;

/// Says what is wrong with a request, if anything; applied to all that any receiver gets.
pub static INSPECT: OnceLock<Inspect> = OnceLock::new();

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// How to answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status, extra headers, body.
    Reply(u16, Vec<(String, String)>, Vec<u8>),
    /// The same after a while.
    Late(Duration, u16, Vec<u8>),
    /// Nothing, with the connection open.
    Hang,
    /// A byte of the body at a time, for ever.
    Drip,
    /// A body of so many bytes.
    Huge(usize),
    /// Bytes that are no HTTP.
    Garbage,
    /// Close without an answer.
    Close,
}

impl Answer {
    pub fn ok() -> Self {
        Self::json(200, "{}")
    }

    pub fn json(status: u16, body: &str) -> Self {
        Self::Reply(
            status,
            vec![("Content-Type".into(), "application/json".into())],
            body.as_bytes().to_vec(),
        )
    }
}

type Answers = dyn Fn(&Received) -> Answer + Send + Sync;

/// Listens until it is dropped.
pub struct Receiver {
    port: u16,
    got: Arc<Mutex<Vec<Received>>>,
    problem: Arc<Mutex<Option<String>>>,
    answers: Arc<Mutex<Arc<Answers>>>,
}

impl Receiver {
    pub fn start(answers: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
        let port = listener
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let answers: Arc<Mutex<Arc<Answers>>> = Arc::new(Mutex::new(Arc::new(answers)));
        let problem = Arc::new(Mutex::new(None));
        let (log, how, found) = (got.clone(), answers.clone(), problem.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, how, found) = (log.clone(), how.clone(), found.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream, &log, &how, &found);
                });
            }
        });
        Self {
            port,
            got,
            problem,
            answers,
        }
    }

    /// `http://127.0.0.1:PORT` + `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Everything so far.
    pub fn got(&self) -> Vec<Received> {
        let problem = self
            .problem
            .lock()
            .expect("no thread panics with it")
            .take();
        assert_eq!(problem, None, "a body is not what it should be");
        self.got.lock().expect("no thread panics with it").clone()
    }

    /// Changes its mind.
    pub fn answer(&self, answers: impl Fn(&Received) -> Answer + Send + Sync + 'static) {
        *self.answers.lock().expect("no thread panics with it") = Arc::new(answers);
    }
}

fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Received>>,
    how: &Mutex<Arc<Answers>>,
    problem: &Mutex<Option<String>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some(request) = read_request(&mut reader)? {
        if let Some(found) = INSPECT.get().and_then(|inspect| inspect(&request)) {
            *problem.lock().expect("no thread panics with it") = Some(found);
        }
        log.lock()
            .expect("no thread panics with it")
            .push(request.clone());
        let answers = how.lock().expect("no thread panics with it").clone();
        if !reply(&mut stream, answers(&request))? {
            break;
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Received>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end_matches(['\r', '\n']);
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, v)| v.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Some(Received {
        method,
        target,
        headers,
        body,
    }))
}

/// Whether the connection can take another request.
fn reply(stream: &mut TcpStream, answer: Answer) -> std::io::Result<bool> {
    let head = |status: u16, length: usize| {
        format!("HTTP/1.1 {status} Reason\r\nContent-Length: {length}\r\n")
    };
    match answer {
        Answer::Reply(status, headers, body) => {
            let headers = headers
                .iter()
                .map(|(n, v)| format!("{n}: {v}\r\n"))
                .collect::<Vec<_>>()
                .concat();
            stream.write_all(format!("{}{headers}\r\n", head(status, body.len())).as_bytes())?;
            stream.write_all(&body)?;
            Ok(true)
        }
        Answer::Late(delay, status, body) => {
            std::thread::sleep(delay);
            reply(stream, Answer::Reply(status, Vec::new(), body))
        }
        Answer::Hang => {
            std::thread::sleep(Duration::from_secs(120));
            Ok(false)
        }
        Answer::Drip => {
            stream.write_all(format!("{}\r\n", head(200, 1_000_000)).as_bytes())?;
            for _ in 0..1000 {
                stream.write_all(b"x")?;
                std::thread::sleep(Duration::from_millis(200));
            }
            Ok(false)
        }
        Answer::Huge(size) => {
            stream.write_all(format!("{}\r\n", head(200, size)).as_bytes())?;
            let block = vec![b'x'; 1 << 16];
            for _ in 0..size.div_ceil(block.len()) {
                stream.write_all(&block)?;
            }
            Ok(false)
        }
        Answer::Garbage => stream.write_all(b"\x16\x03garbage\r\n\r\n").map(|()| false),
        Answer::Close => Ok(false),
    }
}
