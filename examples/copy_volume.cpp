// Makes a volume as long as a file, uploads the file into it and downloads it into another one, both with their holes;
// then counts by hand how much of the volume is holes.  copy_volume URI POOL FILE COPY

#include <sluice/host.h>

#include <filesystem>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: copy_volume URI POOL FILE COPY\n";
    return 2;
  }
  const std::filesystem::path file(argv[3]), copy(argv[4]);
  std::error_code unreadable;
  const auto size = std::filesystem::file_size(file, unreadable);
  if (unreadable) {
    std::cerr << "copy_volume: cannot open '" << argv[3] << "'\n";
    return 1;
  }
  try {
    const auto host = sluice::Host::connect(argv[1]);
    sluice::Pool pool = host.lookup_pool(argv[2]);
    sluice::Volume volume = pool.create_volume("<volume><name>" + file.filename().string() +
                                               "</name><allocation>0</allocation><capacity unit='bytes'>" +
                                               std::to_string(size) + "</capacity></volume>");
    volume.upload(file, {.sparse = true});    // the holes of the file are not sent
    volume.download(copy, {.sparse = true});  // and are holes again

    std::uint64_t bytes = 0, holes = 0;
    std::vector<std::byte> room(64 * 1024);
    sluice::Stream stream = volume.download({.sparse = true});
    for (auto got = stream.read_sparse(room); !got.is_end(); got = stream.read_sparse(room)) {
      bytes += got.bytes;
      holes += got.hole;
    }
    stream.finish();
    std::cout << bytes << " bytes and " << holes << " bytes of holes went up and came down\n";
  } catch (const sluice::Failure& failure) {
    std::cerr << "copy_volume: " << failure.what() << "\n";
    return 1;
  }
}
