#include "cli/volume_xml.h"

#include <sluice/error.h>

namespace sluice::cli {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += letter;
    }
  }
  return out;
}

}  // namespace

std::string volume_xml(const NewVolume& volume) {
  return "<volume>\n  <name>" + escaped(volume.name) + "</name>\n  <capacity unit='bytes'>" +
         std::to_string(volume.capacity) + "</capacity>\n  <allocation unit='bytes'>" +
         std::to_string(volume.allocation) + "</allocation>\n  <target>\n    <format type='" + volume.format +
         "'/>\n  </target>\n</volume>\n";
}

std::string renamed(std::string_view xml, std::string_view name) {
  constexpr std::string_view open = "<name>", close = "</name>";
  const std::size_t begin = xml.find(open), end = xml.find(close);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    throw Failure(Error{.code = Code::xml_error, .message = "the daemon's definition of the volume has no name"});
  }
  return std::string(xml.substr(0, begin + open.size())) + escaped(name) + std::string(xml.substr(end));
}

}  // namespace sluice::cli
