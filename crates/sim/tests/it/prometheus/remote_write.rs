//! Remote write, as far as a test needs it: protocol buffers by hand, and snappy that does not
//! compress.

use super::peer::Peer;

/// A series to write.
pub(super) struct Written {
    pub(super) labels: Vec<(String, String)>,
    pub(super) samples: Vec<(i64, f64)>,
}

/// Writes the series in one request.
pub(super) fn send(peer: &Peer, series: &[Written]) {
    let mut request = Vec::new();
    for one in series {
        push_bytes(&mut request, 1, &encode_series(one));
    }
    let headers = "Content-Encoding: snappy\r\n\
                   Content-Type: application/x-protobuf\r\n\
                   X-Prometheus-Remote-Write-Version: 0.1.0\r\n";
    let answer = peer.post("/api/v1/write", headers, &snappy(&request));
    assert_eq!(answer.status, 204, "{}", answer.body);
}

/// `message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }`, with
/// `Label { string name = 1; string value = 2; }` and
/// `Sample { double value = 1; int64 timestamp = 2; }`.
fn encode_series(series: &Written) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in &series.labels {
        let mut label = Vec::new();
        push_bytes(&mut label, 1, name.as_bytes());
        push_bytes(&mut label, 2, value.as_bytes());
        push_bytes(&mut out, 1, &label);
    }
    for (t_ms, value) in &series.samples {
        let mut sample = vec![0x09];
        sample.extend_from_slice(&value.to_bits().to_le_bytes());
        sample.push(0x10);
        push_varint(&mut sample, *t_ms as u64);
        push_bytes(&mut out, 2, &sample);
    }
    out
}

/// A length-delimited field.
fn push_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The block format with literals only: the length of all, then runs of up to 65536 bytes, each
/// after a tag that says "two bytes of length less one follow".
fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_varint(&mut out, bytes.len() as u64);
    for run in bytes.chunks(65_536) {
        out.push(61 << 2);
        out.extend_from_slice(&((run.len() - 1) as u16).to_le_bytes());
        out.extend_from_slice(run);
    }
    out
}
