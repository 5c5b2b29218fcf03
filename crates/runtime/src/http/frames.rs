//! The heads of HTTP/2 frames (RFC 9113, 4.1), in a stream of bytes.

/// What comes before a client's first frame.
const PREFACE_BYTES: u32 = 24;

pub(super) const END_STREAM: u8 = 0x1;
pub(super) const END_HEADERS: u8 = 0x4;

/// The kinds of frames that are told apart here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Headers,
    Reset,
    Continuation,
    /// Any other; among them DATA, which can end a stream.
    Other,
}

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) flags: u8,
    pub(super) stream: u32,
}

impl Frame {
    /// Whether it has the flag. Of frames on no stream, flags mean something else.
    pub(super) const fn has(self, flag: u8) -> bool {
        self.stream != 0 && self.flags & flag != 0
    }
}

/// Finds heads in bytes that come in pieces.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; 9],
    have: usize,
    /// What is to be passed over before the next head.
    skip: u32,
}

impl Frames {
    pub(super) fn after_preface() -> Self {
        Self {
            skip: PREFACE_BYTES,
            ..Self::default()
        }
    }

    /// Whether the last frame is whole and the next has not begun.
    pub(super) const fn is_between(&self) -> bool {
        self.have == 0 && self.skip == 0
    }

    pub(super) fn pass(&mut self, mut bytes: &[u8], mut found: impl FnMut(Frame)) {
        while !bytes.is_empty() {
            let skipped = bytes.len().min(self.skip as usize);
            self.skip -= u32::try_from(skipped).unwrap_or(u32::MAX);
            bytes = &bytes[skipped..];
            let taken = bytes.len().min(self.head.len() - self.have);
            self.head[self.have..][..taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            if self.have == self.head.len() {
                self.have = 0;
                let [a, b, c, kind, flags, stream @ ..] = self.head;
                self.skip = u32::from_be_bytes([0, a, b, c]);
                found(Frame {
                    kind: match kind {
                        1 => Kind::Headers,
                        3 => Kind::Reset,
                        9 => Kind::Continuation,
                        _ => Kind::Other,
                    },
                    flags,
                    stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
                });
            }
        }
    }
}

/// Why a connection is ended (RFC 9113, 7).
#[derive(Debug, Clone, Copy)]
pub(super) enum GoAway {
    NoError,
    EnhanceYourCalm,
}

impl GoAway {
    /// The frame that says so, after the stream `last`.
    pub(super) fn frame(self, last: u32) -> [u8; 17] {
        let code = match self {
            Self::NoError => 0,
            Self::EnhanceYourCalm => 11,
        };
        let [a, b, c, d] = last.to_be_bytes();
        [0, 0, 8, 7, 0, 0, 0, 0, 0, a, b, c, d, 0, 0, 0, code]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_found_however_the_bytes_are_cut() {
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
        bytes.extend([0, 0, 3, 1, 4, 0x80, 0, 0, 5, 1, 1, 1]);
        bytes.extend([0, 0, 4, 3, 0, 0, 0, 0, 5, 0, 0, 0, 8]);
        let expected = [
            (Kind::Other, 0, 0),
            (Kind::Headers, 4, 5),
            (Kind::Reset, 0, 5),
        ]
        .map(|(kind, flags, stream)| Frame {
            kind,
            flags,
            stream,
        });
        for size in 1..=bytes.len() {
            let (mut frames, mut found) = (Frames::after_preface(), Vec::new());
            for piece in bytes.chunks(size) {
                frames.pass(piece, |frame| found.push(frame));
            }
            assert_eq!(found, expected, "{size}");
            assert!(frames.is_between());
        }
    }
}
