#pragma once
// The saved-state container, version 1: how a machine at rest looks as bytes (docs/saved-state.md has the layout).
// Pure: bytes in, bytes out. The order is XML, QEMU..., END; a reader gives out a section only after its hash was
// checked, so what is damaged is never fed to a hypervisor.
//
//   Writer writer({.uuid = uuid, .was_running = true, .saved_at = now});
//   send(writer.header());  send(writer.xml(text));
//   while (...) send_both(writer.state(bytes), bytes)   // head of a plain section; its bytes follow untouched
//   send(writer.end());
//
//   Reader reader;                                      // feed() in any split; next() until it wants more
//   reader.feed(bytes);
//   while (auto item = reader.next()) ...               // Opening, Xml, State, End - or the error that names section
//   and offset

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/chunk.h"
#include "base/result.h"
#include "base/uuid.h"

namespace sluice::saved {

inline constexpr std::uint32_t section_plain_max = 1024 * 1024;  // of a QEMU section
inline constexpr std::uint32_t xml_plain_max = 4 * 1024 * 1024;

// Gives the next of some bytes each time it is called; what it gave last is not looked at again.
using Show = std::function<Bytes()>;

enum class Compression : std::uint8_t { none, zstd };

struct Opening {
  Uuid uuid;
  bool was_running = false;
  std::uint64_t saved_at = 0;  // seconds since 1970
  bool operator==(const Opening&) const = default;
};

class Writer {
 public:
  explicit Writer(const Opening& opening, Compression compression = Compression::none, int zstd_level = 3);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Buffer header();                    // first
  Buffer xml(std::string_view text);  // then once: head and bytes
  // One section of at most section_plain_max bytes of the machine's state. Gives the chunks to send in order: the head
  // and the stored bytes. Without compression the second is `plain` itself, moved, not copied.
  std::pair<Chunk, Chunk> state(Chunk plain);
  // The same, without compression, for `size` bytes that stay where they are (in the kernel): `show` gives views of
  // them in order, in any split. Returns the head, behind which they belong.
  Chunk state_head(std::size_t size, const Show& show);
  Buffer end();  // last

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

struct Xml {
  std::string text;
};
struct State {
  std::vector<Chunk> plain;
};  // one section's bytes, verified, in order
struct End {};
using Item = std::variant<Opening, Xml, State, End>;

class Reader {
 public:
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Takes bytes in any split; at most one section is held beside what was fed and not yet taken by next().
  void feed(Bytes bytes);
  // For callers on the data path: takes bytes from the front of `chunk`, never more than complete one item, and keeps
  // them without copying where it can. Takes nothing once it failed.
  void take(Chunk& chunk);
  // How many bytes complete the part of the file that is under way: a head, or a section's bytes.
  std::size_t wanted() const;
  // A plain section of the machine's state may be kept elsewhere (in the kernel) instead of being taken: its length, if
  // it comes next. Then `show` gives views of all its bytes, and they are verified as if they had been taken.
  std::optional<std::uint32_t> keepable() const;
  Result<> kept(const Show& show);
  // The next verified item; nothing: more bytes are needed. An error is final.
  Result<std::optional<Item>> next();
  // The input is over. An error unless End was given and nothing followed it: "cut off in section 17 at byte 17826112".
  Result<> finish();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice::saved
