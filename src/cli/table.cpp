#include "cli/table.h"

#include <algorithm>

namespace sluice::cli {
namespace {

// How many bytes at the front make a control character. Names come from other people, and a terminal obeys these: also
// those that UTF-8 has beyond ASCII.
std::size_t control_at_front(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  return text.size() > 1 && byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0 ? 2 : 0;
}

std::string shown(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const std::size_t control = control_at_front(text);
    for (const char c : text.substr(0, control)) {
      const auto byte = static_cast<unsigned char>(c);
      out += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
    }
    if (control == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(1, control));
  }
  return out;
}

// Characters, not bytes.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

void print(std::ostream& out, Table table) {
  std::vector<std::size_t> widths(table.front().size());
  for (auto& row : table) {
    std::ranges::transform(row, row.begin(), shown);
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : table) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      out << row[i] << std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    out << row.back() << "\n";
  }
  out << std::flush;
}

}  // namespace sluice::cli
