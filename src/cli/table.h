#pragma once
// Columns that stand below each other.
//
//   Table table{{"Name", "State"}};
//   table.push_back({pool.name(), "running"});
//   print(std::cout, table);

#include <ostream>
#include <string>
#include <vector>

namespace sluice::cli {

using Table = std::vector<std::vector<std::string>>;  // rows of one length, the first one the titles

// Control characters in a cell are shown as \x1b.
void print(std::ostream& out, Table table);

}  // namespace sluice::cli
