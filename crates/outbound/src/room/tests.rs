use std::time::Duration;

use futures::FutureExt as _;

use super::*;

const SOURCE: Source = Source::Prometheus;

fn rooms(bytes: u64) -> Rooms {
    Rooms::new(bytes, 1024, Metrics::default())
}

fn body(rooms: &Rooms) -> Body<'_> {
    let limit = Instant::now() + Duration::from_secs(8);
    Body::new(rooms, SOURCE, limit)
}

fn held(rooms: &Rooms) -> usize {
    rooms.metrics.reading().get() as usize
}

#[tokio::test(start_paused = true)]
async fn room_is_held_as_long_as_the_bytes_or_what_was_made_of_them() {
    let rooms = rooms(1 << 20);
    let mut one = body(&rooms);
    one.push(&[1; 10_000]).await.unwrap();
    assert_eq!(held(&rooms), FIRST);
    one.push(&[2; 60_000]).await.unwrap();
    assert_eq!(held(&rooms), 69 * 1024);
    one.push(&[3; 1_000]).await.unwrap();
    assert_eq!(held(&rooms), 138 * 1024);
    let (bytes, room) = one.finish();
    assert_eq!((bytes.len(), bytes[0], bytes[70_999]), (71_000, 1, 3));
    // What is not needed is given back at once.
    assert_eq!(held(&rooms), 70 * 1024);
    let part = bytes.slice(5..6);
    drop(bytes);
    assert_eq!(held(&rooms), 70 * 1024);
    drop(part);
    assert_eq!(held(&rooms), 70 * 1024);
    drop(room);
    assert_eq!(held(&rooms), 0);
    assert_eq!(rooms.free.available_permits(), rooms.all);
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_room_waits_for_it_and_takes_no_byte_before() {
    let rooms = rooms(64 * 1024);
    let mut first = body(&rooms);
    first.reserve(60 * 1024).await.unwrap();
    let mut second = body(&rooms);
    let mut waiting = Box::pin(second.push(&[0; 8 * 1024]));
    assert_eq!(waiting.as_mut().now_or_never(), None);
    assert_eq!(held(&rooms), 60 * 1024);
    drop(first);
    waiting.await.unwrap();
    assert_eq!(held(&rooms), FIRST);
}

#[tokio::test(start_paused = true)]
async fn where_no_room_comes_the_read_ends_within_half_of_its_time_and_says_why() {
    let rooms = rooms(64 * 1024);
    let mut first = body(&rooms);
    first.reserve(60 * 1024).await.unwrap();
    let begun = Instant::now();
    let mut second = body(&rooms);
    let failure = second.push(&[0; 8 * 1024]).await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 4);
    assert_eq!(failure.kind, GapKind::Overloaded);
    for word in ["65536 bytes", "outbound.max_reading"] {
        assert!(failure.detail.contains(word), "{}", failure.detail);
    }
    assert_eq!(held(&rooms), 60 * 1024);
}

#[tokio::test(start_paused = true)]
async fn reads_that_wait_for_each_other_end_sooner_and_let_others_go_on() {
    let rooms = rooms(64 * 1024);
    let (mut first, mut second) = (body(&rooms), body(&rooms));
    first.push(&[0; FIRST]).await.unwrap();
    second.push(&[0; FIRST]).await.unwrap();
    let begun = Instant::now();
    // The one that gives up first makes room for the other.
    let one = async {
        let result = first.push(&[0; 1024]).await;
        drop(first);
        result.is_ok()
    };
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        second.push(&[0; 1024]).await.is_ok()
    };
    assert_eq!(tokio::join!(one, other), (false, true));
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_largest_answer_always_finds_room_when_it_is_alone() {
    let rooms = Rooms::new(1, 100_000, Metrics::default());
    let mut one = body(&rooms);
    one.reserve(100_000).await.unwrap();
    assert!(held(&rooms) >= 100_000);
}
