#!/bin/bash
# Build a CPython 3.11 that is linked against musl.
#
#   build-python.sh ARCH PREFIX WORK FINAL
#
#   ARCH    x86_64 or i686, which run here; armv7l or s390x, which do not
#   PREFIX  where it goes; holds lib/ld-musl-NAME.so.1, the loader it will name
#   WORK    holds python.tar and zlib.tar, as their authors published them; for x86_64
#           and i686 also root/, in which Debian's musl-dev is unpacked
#   FINAL   where PREFIX will be moved to
#
# ZIG is a command that runs zig; it is used for what does not run here.
#
# All modules are built into the program, so that no file of this machine's glibc is
# looked at; there is no _ssl, no _ctypes and no documentation.  PT_INTERP is padded to
# 255 bytes, so that another loader can be written into it.  For x86_64 the same objects
# are linked once more, statically, as bin/python3.11-static.
set -euo pipefail
umask 022
arch=$1 prefix=$2 work=$3 final=$4

# loader's name, folder in Debian's packages, zig's target, configure's --host
case $arch in
    x86_64) set -- x86_64 x86_64-linux-musl - x86_64-linux-musl ;;
    i686) set -- i386 i386-linux-musl - i686-linux-musl ;;
    armv7l) set -- armhf - arm-linux-musleabihf armv7l-linux-musleabihf ;;
    s390x) set -- s390x - s390x-linux-musl s390x-linux-musl ;;
    *) echo "$arch: no recipe for this architecture" >&2; exit 2 ;;
esac
name=$1 folder=$2 target=$3 host=$4
interp=$prefix/lib/ld-musl-$name.so.1
while [ ${#interp} -lt 255 ]; do interp=/$interp; done

say() { echo "$arch: $*"; }
quietly() { # quietly LOG COMMAND...: show the end of the log if the command fails
    local log=$1; shift
    "$@" >"$log" 2>&1 || { tail -n 15 "$log" >&2; echo "failed: $1, see $log" >&2; exit 1; }
}

# ---- the compiler ----------------------------------------------------------------
mkdir -p "$work/bin"
if [ "$target" = - ]; then
    root=$work/root musl=$work/root/usr/lib/$folder
    [ ! -d "$root/lib/$folder" ] || cp -a "$root/lib/$folder/." "$musl/"
    # Debian's musl has no DT_SONAME; a program shall name it as on Alpine.
    soname=libc.musl-${arch/i686/x86}.so.1
    mv "$musl/libc.so" "$musl/$soname"
    echo "INPUT(-l:$soname)" >"$musl/libc.so"
    emulation=elf_x86_64 flags=
    if [ "$arch" = i686 ]; then
        emulation=elf_i386
        libgcc=$(echo "$root"/usr/lib/gcc/x86_64-linux-gnu/*/32)
        flags="-m32 -march=i686 -B$libgcc -L$libgcc"
    fi
    sed -e "s#/usr/lib/$folder#$musl#g; s#/usr/include/$folder#$root/usr/include/$folder#g" \
        -e "s#-dynamic-linker [^ ]*#-m $emulation -dynamic-linker $interp#" \
        "$musl/musl-gcc.specs" >"$work/specs"
    compiler="gcc $flags -specs=$work/specs" ar=ar
else
    # Without -dynamic zig links musl statically; its C library hides nothing, so that
    # the undefined behaviour which it traps would stop CPython.
    compiler="$ZIG cc -target $target -fno-sanitize=undefined -Wno-error=date-time"
    compiler+=" -dynamic -Wl,--dynamic-linker=$interp"
    printf '#!/bin/sh\nexec %s ar "$@"\n' "$ZIG" >"$work/bin/ar"
    chmod +x "$work/bin/ar"
    ar=$work/bin/ar
fi
# A gcc for glibc answers its own multiarch triplet; a gcc for musl answers nothing.
cat >"$work/bin/cc" <<EOF
#!/bin/sh
for a; do case \$a in --print-multiarch|-print-multiarch) exit 0;; esac; done
exec $compiler "\$@"
EOF
chmod +x "$work/bin/cc"
cc=$work/bin/cc

# ---- zlib ------------------------------------------------------------------------
say "zlib"
deps=$work/deps
mkdir -p "$deps"/{include,lib} "$work/zlib"
tar xf "$work/zlib.tar" -C "$work/zlib" --strip-components=1
cd "$work/zlib"
cp zlib.h zconf.h "$deps/include"
printf '%s\n' *.c | xargs -n 4 "$cc" -O1 -w -fPIC -DHAVE_UNISTD_H -c
"$ar" rcs "$deps/lib/libz.a" ./*.o

# ---- CPython ---------------------------------------------------------------------
say "configure"
mkdir -p "$work/src" "$work/obj/Modules"
tar xf "$work/python.tar" -C "$work/src" --strip-components=1 \
    --exclude='*/Lib/test' --exclude='*/Doc'
mkdir -p "$work/src/Lib/test" # The Makefile asks for the folder alone.
cd "$work/obj"
cat >Modules/Setup.local <<EOF
*static*
_asyncio _asynciomodule.c
_bisect _bisectmodule.c
_blake2 _blake2/blake2module.c _blake2/blake2b_impl.c _blake2/blake2s_impl.c
_contextvars _contextvarsmodule.c
_csv _csv.c
_datetime _datetimemodule.c
_elementtree _elementtree.c
_heapq _heapqmodule.c
_json _json.c
_lsprof _lsprof.c rotatingtree.c
_md5 md5module.c
_multiprocessing -I\$(srcdir)/Modules/_multiprocessing _multiprocessing/multiprocessing.c _multiprocessing/semaphore.c
_opcode _opcode.c
_pickle _pickle.c
_posixsubprocess _posixsubprocess.c
_queue _queuemodule.c
_random _randommodule.c
_sha1 sha1module.c
_sha256 sha256module.c
_sha3 _sha3/sha3module.c
_sha512 sha512module.c
_socket socketmodule.c
_statistics _statisticsmodule.c
_struct _struct.c
_typing _typingmodule.c
_zoneinfo _zoneinfo.c
array arraymodule.c
binascii binascii.c -I$deps/include
cmath cmathmodule.c
fcntl fcntlmodule.c
grp grpmodule.c
math mathmodule.c
mmap mmapmodule.c
pyexpat pyexpat.c
resource resource.c
select selectmodule.c
syslog syslogmodule.c
termios termios.c
unicodedata unicodedata.c
zlib zlibmodule.c -I$deps/include -L$deps/lib -lz
*disabled*
_bz2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw
_crypt _ctypes _ctypes_test _curses _curses_panel _dbm _decimal _gdbm _hashlib _lzma
_multibytecodec _posixshmem _scproxy _sqlite3 _ssl _testbuffer _testcapi _testclinic
_testimportmultiple _testinternalcapi _testmultiphase _tkinter _uuid
_xxsubinterpreters _xxtestfuzz audioop nis ossaudiodev readline spwd xxlimited
xxlimited_35
EOF
export PKG_CONFIG=/bin/false ZLIB_CFLAGS="-I$deps/include" ZLIB_LIBS="-L$deps/lib -lz"
options=(CC="$cc" AR="$ar" CFLAGS="-O1 -g0" OPT="-DNDEBUG" --prefix="$final"
    --disable-test-modules --without-ensurepip --without-doc-strings
    --without-static-libpython)
# CPython 3.11 takes "musl" for its ABI's name from --build, cross compiled or not.
if [ "$target" = - ]; then
    options+=(--build="$host")
else
    options+=(--build=x86_64-linux-musl --host="$host"
        --with-build-python="$PYTHON" READELF="$(command -v readelf)"
        ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no ac_cv_buggy_getaddrinfo=no)
fi
quietly configure.log "$work/src/configure" "${options[@]}"
say "compile"
quietly make.log make -j2 python
quietly sysconfig.log make pybuilddir.txt

# ---- where it goes ---------------------------------------------------------------
say "put together"
lib=$prefix/lib/python3.11 include=$prefix/include/python3.11
mkdir -p "$prefix/bin" "$lib/lib-dynload" "$lib/site-packages" "$include"
cp python "$prefix/bin/python3.11"
if [ "$arch" = x86_64 ]; then
    rm python
    quietly static.log make python LDFLAGS=-static LINKFORSHARED=" "
    cp python "$prefix/bin/python3.11-static"
fi
[ "$target" != - ] || strip "$prefix"/bin/*
ln -s python3.11 "$prefix/bin/python3"
(cd "$work/src/Lib" && tar cf - --exclude=./test --exclude=./idlelib --exclude=./tkinter \
    --exclude=./turtledemo --exclude=./lib2to3 --exclude=./pydoc_data .) | tar xf - -C "$lib"
cp "$(cat pybuilddir.txt)"/_sysconfigdata_*.py "$lib/"
cp -r "$work/src/Include/." pyconfig.h "$include/"
config=$lib/config-3.11-$(sed -n 's/^MULTIARCH=[ \t]*//p' Makefile)
mkdir -p "$config"
cp Makefile Modules/Setup.local "$config/"
