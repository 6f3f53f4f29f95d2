"""A named pipe of this user: no other user, and no other machine, can open it."""

import sys

if sys.platform == "win32":
    import asyncio
    import ctypes
    from asyncio import windows_utils
    from asyncio.windows_events import PipeServer
    from ctypes import wintypes

    _DUPLEX, _OVERLAPPED, _FIRST = 0x3, 0x40000000, 0x80000
    _MESSAGES, _REJECT_REMOTE = 0x4 | 0x2, 0x8
    _BUFFER = 8192
    _SDDL_1 = 1
    _QUERY, _TOKEN_USER = 0x8, 1
    _KERNEL_OBJECT, _DACL = 6, 0x4

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _advapi = ctypes.WinDLL("advapi32", use_last_error=True)
    _kernel.CreateNamedPipeW.restype = wintypes.HANDLE
    _kernel.CreateNamedPipeW.argtypes = (
        wintypes.LPCWSTR,
        *[wintypes.DWORD] * 6,
        wintypes.LPVOID,
    )
    _kernel.LocalFree.argtypes = (wintypes.LPVOID,)
    _kernel.GetCurrentProcess.restype = wintypes.HANDLE
    _kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
    _advapi.OpenProcessToken.argtypes = (
        wintypes.HANDLE,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.HANDLE),
    )
    _advapi.GetTokenInformation.argtypes = (
        wintypes.HANDLE,
        ctypes.c_int,
        wintypes.LPVOID,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.DWORD),
    )
    _advapi.ConvertSidToStringSidW.argtypes = (wintypes.LPVOID, ctypes.POINTER(wintypes.LPVOID))
    _advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
        wintypes.LPCWSTR,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.LPVOID),
        wintypes.LPVOID,
    )
    _advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW.argtypes = (
        wintypes.LPVOID,
        wintypes.DWORD,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.LPVOID),
        wintypes.LPVOID,
    )
    _advapi.GetSecurityInfo.argtypes = (
        wintypes.HANDLE,
        ctypes.c_int,
        wintypes.DWORD,
        *[wintypes.LPVOID] * 4,
        ctypes.POINTER(wintypes.LPVOID),
    )

    class _Attributes(ctypes.Structure):
        _fields_ = (
            ("length", wintypes.DWORD),
            ("descriptor", wintypes.LPVOID),
            ("inherit", wintypes.BOOL),
        )

    class OwnPipeServer(PipeServer):
        """asyncio's server of a pipe, with this user's own security descriptor.

        Args:
            address: Of the pipe.
        """

        def next_instance(self) -> windows_utils.PipeHandle | None:
            """An instance for the next client; None once it is closed."""
            return self._get_unconnected_pipe()

        def taken(self, pipe: windows_utils.PipeHandle) -> None:
            """An instance has its client."""
            self._free_instances.discard(pipe)

        def waits(self, accepting: "asyncio.Future[windows_utils.PipeHandle]") -> None:
            """What is cancelled when it closes."""
            self._accept_pipe_future = accepting

        def _server_pipe_handle(self, first: bool) -> windows_utils.PipeHandle | None:
            if self.closed():
                return None
            handle = _create(self._address, is_first=first)
            pipe = windows_utils.PipeHandle(handle)
            self._free_instances.add(pipe)
            return pipe

    def own_descriptor() -> str:
        """Whom the pipe lets in, as SDDL: this user, and nobody over the network."""
        return f"D:P(D;;GA;;;NU)(A;;GA;;;{user_sid()})"

    def user_sid() -> str:
        """The security identifier of the user whom this process runs for.

        Raises:
            OSError: The system does not tell.
        """
        token = wintypes.HANDLE()
        _sure(_advapi.OpenProcessToken(_kernel.GetCurrentProcess(), _QUERY, ctypes.byref(token)))
        try:
            size = wintypes.DWORD()
            _advapi.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
            told = ctypes.create_string_buffer(size.value)
            _sure(_advapi.GetTokenInformation(token, _TOKEN_USER, told, size, ctypes.byref(size)))
        finally:
            _kernel.CloseHandle(token)
        sid = ctypes.cast(told, ctypes.POINTER(wintypes.LPVOID))[0]
        text = wintypes.LPVOID()
        _sure(_advapi.ConvertSidToStringSidW(sid, ctypes.byref(text)))
        return _taken(text)

    def descriptor_of(handle: int) -> str:
        """Whom an open pipe lets in, as SDDL.

        Raises:
            OSError: The system does not tell.
        """
        descriptor = wintypes.LPVOID()
        code = _advapi.GetSecurityInfo(
            handle, _KERNEL_OBJECT, _DACL, None, None, None, None, ctypes.byref(descriptor)
        )
        if code:
            raise ctypes.WinError(code)
        text = wintypes.LPVOID()
        try:
            _sure(
                _advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
                    descriptor, _SDDL_1, _DACL, ctypes.byref(text), None
                )
            )
        finally:
            _kernel.LocalFree(descriptor)
        return _taken(text)

    def _create(address: str, *, is_first: bool) -> int:
        descriptor = wintypes.LPVOID()
        _sure(
            _advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                own_descriptor(), _SDDL_1, ctypes.byref(descriptor), None
            )
        )
        try:
            attributes = _Attributes(ctypes.sizeof(_Attributes), descriptor, False)
            handle = _kernel.CreateNamedPipeW(
                address,
                _DUPLEX | _OVERLAPPED | (_FIRST if is_first else 0),
                _MESSAGES | _REJECT_REMOTE,
                255,
                _BUFFER,
                _BUFFER,
                0,
                ctypes.byref(attributes),
            )
        finally:
            _kernel.LocalFree(descriptor)
        _sure(handle != wintypes.HANDLE(-1).value)
        return int(handle)

    def _sure(holds: object) -> None:
        if not holds:
            raise ctypes.WinError(ctypes.get_last_error())

    def _taken(text: wintypes.LPVOID) -> str:
        said = ctypes.wstring_at(text.value)
        _kernel.LocalFree(text)
        return said
