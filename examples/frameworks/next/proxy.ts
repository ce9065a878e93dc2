import { inGroup } from 'cognito-guard'
import { protect } from 'cognito-guard/fetch'
import { NextResponse } from 'next/server'
import { guard } from './guard'

export const proxy = protect(guard, inGroup('admin'))(() => NextResponse.next())

export const config = { matcher: ['/area', '/area/:path*'] }
