#pragma once
// From text to an XML tree, with every bound checked before the tree is built: size, depth, number of elements,
// well-formed characters. Errors say line and column.

#include <memory>
#include <string_view>

#include <pugixml.hpp>

#include "base/result.h"

namespace sluice::model {

// The whole text is one element, of UTF-8, without document type, and not too deep.
Result<> check_text(std::string_view xml);

// The tree; its only element is document_element().
Result<std::unique_ptr<pugi::xml_document>> load_document(std::string_view xml);

// The tree as text, as clients of libvirt are used to see it.
std::string print_document(const pugi::xml_document& document);

}  // namespace sluice::model
