#include "cli/run.hpp"

int main(int argc, char** argv) { return certbound::cli::run(argc, argv); }
