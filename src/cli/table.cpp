#include "cli/table.h"

#include <algorithm>
#include <iomanip>

namespace sluice::cli {

void print(std::ostream& out, const Table& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& row : table) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  out << std::left;
  for (const auto& row : table) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) out << std::setw(static_cast<int>(widths[i])) << row[i] << "  ";
    out << row.back() << "\n";
  }
  out << std::flush;
}

}  // namespace sluice::cli
