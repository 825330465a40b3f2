#pragma once
// Every limit of Sluice has its name here. Sizes in bytes.

#include <cstddef>
#include <cstdint>

namespace sluice::limits {

// The wire's (facts of libvirt 9.0.0).
inline constexpr std::uint32_t frame_head = 28;            // length word + header
inline constexpr std::uint32_t message_max = 33'554'432;   // length word minus its own four bytes
inline constexpr std::uint32_t body_legacy_max = 262'120;  // body that every libvirt release accepts
inline constexpr std::uint32_t string_max = 4'194'304;
inline constexpr std::uint32_t typed_params_max = 64;

// Ours.
inline constexpr std::uint32_t body_max = 262'144;              // a data frame while nobody waits for a reply
inline constexpr std::uint32_t body_while_calls_pend = 65'536;  // so that a reply waits behind little
inline constexpr std::uint64_t window = 262'144;                // credit of a stream between Sluice ends, at first
inline constexpr std::uint64_t window_max = 33'554'432;         // to which it may grow
inline constexpr std::uint64_t client_window_max = 16'777'216;  // of a client's, whose reader may have stopped
inline constexpr std::uint64_t window_floor = 16'384;           // of it that a stream has, whatever the budgets say
inline constexpr std::uint64_t window_floor_crowded = 512;      // the same among more than so many on a connection:
inline constexpr std::uint32_t crowd = 1'024;
inline constexpr std::uint64_t connection_budget = 67'108'864;  // of a connection's windows beyond the floors
inline constexpr std::uint64_t process_budget = 1'073'741'824;  // the same of all connections
inline constexpr std::uint64_t early_window = 65'536;           // what a reply-last call may send at once
inline constexpr std::uint64_t brake_high = 8'388'608;          // held by one stream of a peer without windows
inline constexpr std::uint64_t brake_low = brake_high / 2;
inline constexpr std::uint64_t interactive_held_max = 1'048'576;  // console input nobody takes: the stream fails
inline constexpr std::uint32_t streams_max = 16'384;              // of one connection
inline constexpr std::uint32_t connections_max = 5'000;           // of a daemon; more wait to be accepted
inline constexpr std::uint32_t calls_pending_max = 1'024;         // unanswered calls of one connection
inline constexpr std::uint32_t openings_max = 512;                // of them: for streams, of a client of ours
inline constexpr std::uint32_t control_queued_max = 67'108'864;   // replies and events nobody reads: connection ends
inline constexpr std::uint64_t descriptors_left = 256;            // or a quarter: what streams leave to others
inline constexpr std::size_t spliced_max = 8;                     // pipes of one stream that hold its bytes
inline constexpr std::size_t disk_threads_max = 256;              // on which a process touches files
inline constexpr std::size_t disk_common_threads_max = 64;        // of them: for what has no lane of its own
inline constexpr std::size_t disk_lane_threads_max = 4;           // of them: for one file system, or one pool
inline constexpr std::uint64_t rate_min = 1'024;                  // bytes per second; what a stream is limited to
inline constexpr std::uint64_t rate_max = std::uint64_t{1} << 40;
inline constexpr std::size_t outbox = 1'048'576;       // waiting in a stream's sending queue
inline constexpr std::size_t answer_outbox = 131'072;  // the same in memory of a daemon: many may have stopped reading
inline constexpr std::size_t answer_outboxes =
    134'217'728;  // of all streams of one connection to it, but for a piece each
inline constexpr std::uint64_t ahead_budget = 8'388'608;  // of files in memory, read before anybody asked; all streams
inline constexpr std::uint64_t ahead_small_budget = 67'108'864;  // the same of small pieces, when that is spent
inline constexpr std::uint32_t message_unauthenticated_max =
    65'536;  // control message before connect_open was answered

inline constexpr std::size_t scrapes_max = 8;             // readers of figures at once; more wait to be accepted
inline constexpr std::size_t scrape_request_max = 8'192;  // bytes of their HTTP header

inline constexpr std::size_t tls_outgoing = 266'240;        // encrypted and not yet sent, of one connection
inline constexpr std::size_t tls_handshake_max = 65'536;    // of a peer who has not shown yet who it is
inline constexpr std::size_t tls_hello_max = 16'384;        // of it: a client's first message
inline constexpr std::size_t tls_chain_max = 32'768;        // of it: its certificates; ours, too
inline constexpr int tls_chain_length_max = 8;              // CAs between a certificate and the one that is trusted
inline constexpr std::size_t tls_authorities_max = 16'384;  // names of CAs that a daemon tells its clients

inline constexpr std::size_t xml_max = 4'194'304;  // a machine's definition
inline constexpr std::size_t uri_max = 8'192;
inline constexpr std::size_t xml_depth_max = 256;
inline constexpr std::size_t xml_elements_max = 65'536;
inline constexpr std::size_t xml_attributes_max = 64;     // of one element
inline constexpr std::size_t qmp_line_max = 16'777'216;   // one line of QEMU's monitor
inline constexpr std::size_t qmp_values_max = 1'000'000;  // commas in such a line: parsed values take much room
inline constexpr std::size_t machine_name_max = 255;
inline constexpr std::uint64_t memory_kib_max = 17'179'869'184;  // of a machine: 16 TiB
inline constexpr std::uint32_t vcpus_max = 255;

}  // namespace sluice::limits
