# make                 build/release/bin/*   (-O2, debug information)
# make BUILD=asan      build/asan/bin/*      (AddressSanitizer and UndefinedBehaviorSanitizer)
# make BUILD=fuzz fuzzer  the fuzzer of the request parser (clang's libFuzzer and both sanitizers)
# make servers         only the servers; `make generator` only the load generator and the tools about it;
#                      `make probes` only what probes run, `make hosts` only what hosts reached by ssh run
# make clean           removes all of them
#
# One server per file in servers/, one tool per file in clients/tools/, one program per file in probes/
# and hosts/; everything else in clients/ is one program.
# Nothing else needs to be listed here.

BUILD ?= release
OUT := build/$(BUILD)

CXXFLAGS.release := -O2 -g
CXXFLAGS.asan := -O1 -g -fno-omit-frame-pointer -D_GLIBCXX_ASSERTIONS -fsanitize=address,undefined -fno-sanitize-recover=all
CXXFLAGS.fuzz := -O1 -g -fno-omit-frame-pointer -DFORKBENCH_FUZZING \
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(CXXFLAGS.$(BUILD)),)
$(error BUILD=$(BUILD) is unknown: use BUILD=release, BUILD=asan or BUILD=fuzz)
endif

CXX := $(if $(filter fuzz,$(BUILD)),clang++,g++)
CXXFLAGS := -std=c++20 -Wall -Wextra -Werror -pthread -I. $(CXXFLAGS.$(BUILD))

objects = $(patsubst %.cc,$(OUT)/obj/%.o,$(1))

serverSources := $(wildcard servers/*.cc)
serverCommonSources := $(wildcard servers/common/*.cc)
toolSources := $(wildcard clients/tools/*.cc)
clientSources := $(filter-out $(toolSources),$(wildcard clients/*.cc clients/*/*.cc))
probeSources := $(wildcard probes/*.cc)
probeCommonSources := $(wildcard probes/common/*.cc)
hostSources := $(wildcard hosts/*.cc)
hostCommonSources := $(wildcard hosts/common/*.cc)
nativeSources := $(wildcard native/*.cc)

nativeObjects := $(call objects,$(nativeSources))
serverCommonObjects := $(call objects,$(serverCommonSources))
clientObjects := $(call objects,$(clientSources))
probeCommonObjects := $(call objects,$(probeCommonSources))
hostCommonObjects := $(call objects,$(hostCommonSources))

serverPrograms := $(patsubst servers/%.cc,$(OUT)/bin/%,$(serverSources))
fuzzerProgram := $(OUT)/bin/request-parser-fuzzer
fuzzerSource := test/fuzz/request-parser-fuzzer.cc
parserSources := $(addprefix servers/common/, \
    request-parser.cc request-target.cc host-value.cc transfer-codings.cc chunked-body.cc \
    connection-options.cc)
generatorProgram := $(if $(clientSources),$(OUT)/bin/shortconn)
probePrograms := $(patsubst probes/%.cc,$(OUT)/bin/%,$(probeSources))
hostPrograms := $(patsubst hosts/%.cc,$(OUT)/bin/%,$(hostSources))
toolPrograms := $(patsubst clients/tools/%.cc,$(OUT)/bin/%,$(toolSources))

.PHONY: all servers generator probes hosts fuzzer clean
.SECONDARY:
.DELETE_ON_ERROR:

all: servers generator probes hosts
servers: $(serverPrograms)
generator: $(generatorProgram) $(toolPrograms)
probes: $(probePrograms)
hosts: $(hostPrograms)
fuzzer: $(fuzzerProgram)

$(serverPrograms): $(OUT)/bin/%: $(OUT)/obj/servers/%.o $(serverCommonObjects) $(nativeObjects)
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -o $@ $^

# liburing goes into the program, which then runs where there is none.
$(OUT)/bin/shortconn: $(clientObjects) $(nativeObjects)
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -o $@ $^ -l:liburing.a

$(fuzzerProgram): $(call objects,$(fuzzerSource) $(parserSources))
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -fsanitize=fuzzer -o $@ $^

$(probePrograms): $(OUT)/bin/%: $(OUT)/obj/probes/%.o $(probeCommonObjects) $(nativeObjects)
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -o $@ $^

# Static, so that it runs on hosts whose libraries are others.
$(hostPrograms): $(OUT)/bin/%: $(OUT)/obj/hosts/%.o $(hostCommonObjects) $(nativeObjects)
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(if $(filter release,$(BUILD)),-static) -o $@ $^

$(toolPrograms): $(OUT)/bin/%: $(OUT)/obj/clients/tools/%.o $(nativeObjects)
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -o $@ $^

# The names of system calls are the compiler's, since they differ between architectures.
$(OUT)/gen/syscall-names.inc: Makefile
	@mkdir -p $(@D)
	echo '#include <sys/syscall.h>' | $(CXX) -E -dM -x c++ - | \
	    sed -n 's/^#define __NR_\([a-z_][a-z0-9_]*\) .*/{__NR_\1, "\1"},/p' > $@
$(OUT)/obj/probes/common/syscall-names.o: $(OUT)/gen/syscall-names.inc
$(OUT)/obj/probes/common/syscall-names.o: CXXFLAGS += -I$(OUT)/gen

# The Makefile is a prerequisite because a change of flags must reach every object.
$(OUT)/obj/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -MMD -MP -c -o $@ $<

clean:
	rm -rf build/release build/asan build/fuzz

-include $(patsubst %.cc,$(OUT)/obj/%.d,$(serverSources) $(serverCommonSources) $(clientSources) $(toolSources) $(probeSources) $(probeCommonSources) $(hostSources) $(hostCommonSources) $(nativeSources) \
    $(fuzzerSource))
