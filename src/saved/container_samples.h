#pragma once
// Containers for the tests, small enough to be broken in every place.

#include <string>
#include <string_view>
#include <vector>

#include "saved/container.h"

namespace sluice::saved::samples {

inline Opening opening(std::uint8_t number = 1) {
  Opening opening{.was_running = true, .saved_at = 1'700'000'000};
  for (std::size_t i = 0; i < opening.uuid.bytes.size(); ++i) {
    opening.uuid.bytes[i] = static_cast<std::byte>(number + i);
  }
  return opening;
}

inline void append(Buffer& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// Each part of a container by itself: header, XML, states..., end.
inline std::vector<Buffer> parts(const std::vector<std::string>& states, Compression compression = Compression::none,
                                 std::uint8_t number = 1) {
  Writer writer(opening(number), compression);
  std::vector<Buffer> out{writer.header(), writer.xml("<domain/>")};
  for (const std::string& state : states) {
    auto [head, stored] = writer.state(Chunk::copy_of(as_bytes(state)));
    append(out.emplace_back(), head.bytes());
    append(out.back(), stored.bytes());
  }
  out.push_back(writer.end());
  return out;
}

inline Buffer joined(const std::vector<Buffer>& parts) {
  Buffer out;
  for (const Buffer& part : parts) append(out, part);
  return out;
}

// What a reader made of the bytes, as one line per item.
struct Outcome {
  std::string story;
  std::string error;  // empty: read to the end and finished
  bool operator==(const Outcome&) const = default;
};

inline bool drain(Reader& reader, Outcome& outcome) {
  struct Tell {
    std::string operator()(const Opening& opening) const {
      return "opening " + opening.uuid.text() + (opening.was_running ? " running " : " paused ") +
             std::to_string(opening.saved_at);
    }
    std::string operator()(const Xml& xml) const { return "xml " + xml.text; }
    std::string operator()(const State& state) const {
      std::string text = "state ";
      for (const Chunk& each : state.plain) text += as_text(each.bytes());
      return text;
    }
    std::string operator()(const End&) const { return "end"; }
  };
  while (true) {
    auto item = reader.next();
    if (!item) {
      outcome.error = item.error().message;
      return false;
    }
    if (!*item) return true;
    outcome.story += std::visit(Tell{}, **item) + "\n";
  }
}

inline Outcome read_back(Bytes bytes, std::size_t step = SIZE_MAX) {
  Reader reader;
  Outcome outcome;
  while (!bytes.empty()) {
    const std::size_t count = bytes.size() < step ? bytes.size() : step;
    reader.feed(bytes.first(count));
    if (!drain(reader, outcome)) return outcome;
    bytes = bytes.subspan(count);
  }
  if (auto finished = reader.finish(); !finished) outcome.error = finished.error().message;
  return outcome;
}

}  // namespace sluice::saved::samples
