#include "service/empty_list_handlers.h"

namespace sluice::service {

Group EmptyListHandlers::group() { return group_of(*this); }

}  // namespace sluice::service
