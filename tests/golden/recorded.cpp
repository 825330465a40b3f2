#include "recorded.h"

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace sluice::golden {
namespace {

const std::string place_of_frames = "tests/golden/frames/";

Buffer contents(const std::string& file) {
  std::ifstream in(place_of_frames + file, std::ios::binary);
  if (!in)
    throw std::runtime_error("cannot read " + place_of_frames + file + "; run the test at the source tree's root");
  std::ostringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  Buffer bytes(all.size());
  std::memcpy(bytes.data(), all.data(), all.size());
  return bytes;
}

template <class Enum>
Enum among(const std::string& word, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  throw std::runtime_error("index.tsv: unknown word " + word);
}

Recorded parsed(const std::string& line, std::map<std::string, Buffer>& files) {
  std::istringstream row(line);
  std::string file, direction, kind, status, program, name;
  std::size_t offset = 0, length = 0;
  Recorded frame;
  row >> file >> offset >> length >> direction >> kind >> status >> program >> frame.header.procedure >>
      frame.header.serial >> name;
  if (!row) throw std::runtime_error("index.tsv: cannot read the row " + line);
  if (!files.contains(file)) files[file] = contents(file);
  const Buffer& bytes = files[file];
  if (length < limits::frame_head || offset + length > bytes.size()) throw std::runtime_error("index.tsv: " + line);
  frame.file = file;
  frame.to_daemon = direction == ">";
  frame.name = name;
  frame.header.program = static_cast<std::uint32_t>(std::stoul(program, nullptr, 16));
  frame.header.kind = among<wire::Kind>(kind, {"call", "reply", "event", "stream", "call_fds", "reply_fds", "hole"});
  frame.header.status = among<wire::Status>(status, {"ok", "error", "continue"});
  const Bytes raw = Bytes(bytes).subspan(offset, length);
  frame.raw.assign(raw.begin(), raw.end());
  frame.header.version = std::to_integer<std::uint32_t>(raw[11]);  // 1 but in one frame, which asks for a wrong one
  return frame;
}

}  // namespace

std::string Recorded::place() const { return file + " #" + std::to_string(number) + " " + name; }

std::vector<Recorded> recorded() {
  std::ifstream index(place_of_frames + "index.tsv");
  std::string line;
  if (!std::getline(index, line)) throw std::runtime_error("cannot read " + place_of_frames + "index.tsv");
  std::vector<Recorded> frames;
  std::map<std::string, Buffer> files;
  while (std::getline(index, line)) {
    frames.push_back(parsed(line, files));
    const std::size_t last = frames.size() - 1;
    frames[last].number = last > 0 && frames[last - 1].file == frames[last].file ? frames[last - 1].number + 1 : 0;
  }
  return frames;
}

}  // namespace sluice::golden
